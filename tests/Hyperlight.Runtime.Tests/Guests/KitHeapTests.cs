using Hyperlight.Memory;
using Hyperlight.Memory.Linux;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Tests the heap of guests of the kit. Its front lies among the variables of the kit, and takes small blocks of calls.</summary>
public sealed class KitHeapTests
{
    // The word at the end of scratch that has the address of the first free page (docs/layouts.md).
    private const ulong FirstFreeWord = 0x10;

    [KvmTheory]
    [InlineData("amd64")]
    [InlineData("i686")]
    [InlineData("i686-identity")]
    public void Small_blocks_of_calls_lie_in_front_of_the_heap(string architecture)
    {
        using (TestGuest guest = TestGuest.FromFile(KitBuild.Heap(architecture)))
        using (Sandbox sandbox = guest.Start())
        {
            foreach (string check in new[] { "FirstFit", "TooSmallForTheFront", "Info", "Content", "FirstFit" })
            {
                int line = sandbox.Call<int>(check);
                Assert.True(line == 0, $"{check}: the condition in line {line} of heap.c is false");
            }

            using Snapshot snapshot = sandbox.TakeSnapshot();
            Assert.All(Enumerable.Range(0, 4), kind =>
            {
                GuestAbortedException abort = Assert.Throws<GuestAbortedException>(() => sandbox.Call<int>("FreeWrongly", kind));
                Assert.Equal("free or realloc of what is not an allocated block", abort.GuestMessage);
                sandbox.Restore(snapshot);
            });
        }

        using TestGuest low = TestGuest.FromFile(KitBuild.Heap(architecture, hasFront: false));
        using Sandbox lowest = low.Start();
        Assert.Equal(0, lowest.Call<int>("WithoutFront"));
    }

    [KvmFact(Needs.Paging32)]
    public void Small_blocks_of_calls_lie_in_front_of_the_heap_with_32_bit_paging() =>
        Small_blocks_of_calls_lie_in_front_of_the_heap("i686-paged");

    /// <summary>
    /// The two buffers, the last page of scratch, a copy of the page of variables and one of a page of stack. Page tables are not counted,
    /// because processors with nested paging also write to those that they only read.
    /// </summary>
    [KvmFact]
    public void A_call_with_small_messages_writes_to_five_pages_besides_page_tables()
    {
        using TestGuest guest = new("hello");
        using Sandbox first = guest.Start();
        Assert.Equal("small", first.Call<string>("EchoString", "small"));
        using Snapshot snapshot = first.TakeSnapshot();
        WatchedHypervisor hypervisor = new(TestHypervisor.Kvm);
        using Sandbox sandbox = snapshot.CreateSandbox(options => options.Hypervisor = hypervisor);
        MappedMemory scratch = hypervisor.Memory.Last!;
        Assert.SkipUnless(PageMap.TryRead(scratch.Address, new ulong[1]), "probe PageMap: /proc/self/pagemap cannot be read");
        ulong firstFree = BitConverter.ToUInt64(scratch.Slice(scratch.Size - FirstFreeWord, sizeof(ulong)))
            - guest.Image.Map.Scratch.Gpa.Value;
        int Written() => scratch.WrittenPages().Count(
            page => page < guest.Image.Map.PageTablesScratchOffset || page >= firstFree);

        Assert.Equal("small", sandbox.Call<string>("EchoString", "small"));
        Assert.Equal(5, Written());

        sandbox.Call<string>("EchoString", new string('x', 4000));
        Assert.InRange(Written(), 6, int.MaxValue);
    }
}
