using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests snapshots of paged 32-bit guests, which may have several page directories (i686 sheet, section 7, profile B).</summary>
[Wine]
public class AddressSpaceTests
{
    private const string Misbehave = "misbehave-paged";
    private const int GenerationWord = 0x20;

    [KvmFact(Needs.Paging32)]
    public void A_restore_brings_back_what_the_guest_had_then()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", 1);
        sandbox.Call("SetBssWord", 2);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        for (int round = 0; round < 3; round++)
        {
            sandbox.Call("SetDataWord", 100 + round);
            sandbox.Call("SetBssWord", 200 + round);
            Assert.Equal(20, sandbox.Call<int>("AllocateAndTouch", 20));
            sandbox.Restore(snapshot);

            Assert.Equal((1, 2), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
            Assert.Equal(1UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        }

        using Sandbox another = snapshot.CreateSandbox(options => options.Print = TextWriter.Null);
        another.Call("SetDataWord", 3);
        Assert.Equal((3, 1), (another.Call<int>("DataWord"), sandbox.Call<int>("DataWord")));
        guest.AssertUnchanged();
    }

    [KvmFact(Needs.Paging32)]
    public void A_restore_heals_a_guest_that_crashed()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Throws<GuestFaultException>(() => sandbox.Call("TripleFault"));

        sandbox.Restore(snapshot);

        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmFact(Needs.Paging32)]
    public void Each_address_space_comes_back_with_its_own_memory_and_with_what_they_share()
    {
        using TestGuest guest = new(Misbehave);
        MemoryMap map = guest.Image.Map;
        List<GuestPhysicalAddress> roots = [];
        using Sandbox sandbox = guest.Start(options => options.PageTableRoots = (current, memory) =>
        {
            // The first entry of the guest's second page directory is that of the first directory: both share the page table of the image.
            Span<byte> entries = stackalloc byte[8];
            Assert.True(memory.TryRead(current, entries[..4]) && memory.TryRead(roots[1], entries[4..]));
            Assert.Equal(entries[..4].ToArray(), entries[4..].ToArray());
            Assert.False(memory.TryRead(new(0x7000_0000), entries));
            return roots;
        });
        roots.AddRange([
            new(sandbox.Call<ulong>("CurrentAddressSpace")),
            new(sandbox.Call<ulong>("AddAddressSpace", 111)),
            new(sandbox.Call<ulong>("AddAddressSpace", 222)),
        ]);
        sandbox.Call("SetDataWord", 7);

        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);

        ulong first = map.PageTables.Gpa.Value;
        Assert.Equal(first, sandbox.Call<ulong>("CurrentAddressSpace"));
        sandbox.Call("EnterAddressSpace", first + 0x1000);
        Assert.Equal((111, 7), (sandbox.Call<int>("ReadByte", Window), sandbox.Call<int>("DataWord")));
        sandbox.Call("SetDataWord", 8);
        Assert.Equal(9, sandbox.Call<int>("WriteByte", Window, 9));
        sandbox.Call("EnterAddressSpace", first + 0x2000);
        Assert.Equal((222, 8), (sandbox.Call<int>("ReadByte", Window), sandbox.Call<int>("DataWord")));

        sandbox.Restore(snapshot);
        sandbox.Call("EnterAddressSpace", first + 0x1000);
        Assert.Equal((111, 7), (sandbox.Call<int>("ReadByte", Window), sandbox.Call<int>("DataWord")));
    }

    [KvmFact(Needs.Paging32)]
    public void Spaces_that_share_tables_take_a_root_and_their_own_tables_more()
    {
        using TestGuest guest = new(Misbehave);
        List<GuestPhysicalAddress> roots = [];
        using Sandbox sandbox = guest.Start(options => options.PageTableRoots = (_, _) => roots);
        roots.Add(new(sandbox.Call<ulong>("CurrentAddressSpace")));
        GuestPhysicalAddress second = new(sandbox.Call<ulong>("AddAddressSpace", 1));
        using Snapshot one = sandbox.TakeSnapshot();
        sandbox.Call("DataWord");
        roots.Add(second);
        using Snapshot two = sandbox.TakeSnapshot();

        // The additional pages are the root, the page table of the window, and the page of the window.
        Assert.Equal(one.Size + 0x3000, two.Size);
    }

    [KvmFact(Needs.Paging32)]
    public void Roots_that_cannot_be_are_refused()
    {
        using TestGuest guest = new(Misbehave);
        IReadOnlyList<GuestPhysicalAddress> roots = [];
        using Sandbox sandbox = guest.Start(options => options.PageTableRoots = (_, _) => roots);
        GuestPhysicalAddress current = new(sandbox.Call<ulong>("CurrentAddressSpace"));

        void Refuse(string why, params GuestPhysicalAddress[] found)
        {
            roots = found;
            Assert.Contains(why, Assert.Throws<SnapshotFailedException>(() => sandbox.TakeSnapshot()).Message, StringComparison.Ordinal);
        }

        Refuse("comes first", current + 0x1000, current);
        Refuse("not a page of the guest's memory", current, new(0x7000_0000));
        Refuse("not a page of the guest's memory", current, current + 4);
        Refuse("raise ScratchSize", [.. Enumerable.Repeat(current, 1000)]);
        roots = [];
        sandbox.TakeSnapshot().Dispose();
    }

    [KvmFact(Needs.Paging32)]
    public void A_page_of_4_MiB_comes_back_page_by_page()
    {
        using TestGuest guest = new(Misbehave, request => request with { Sizes = new() { ScratchSize = 1 << 20 } });
        MemoryMap map = guest.Image.Map;
        using Sandbox sandbox = guest.Start();
        ulong large = sandbox.Call<ulong>("MapLargePage", map.Scratch.Gpa.Value & ~0x3F_FFFFUL);
        ulong inLarge = large + (map.Scratch.Gpa.Value & 0x3F_FFFF) + 0x8_0123;
        Assert.Equal(77, sandbox.Call<int>("WriteByte", inLarge, 77));
        Assert.Equal(77, sandbox.Call<int>("ReadByte", map.Scratch.Gva.Value + 0x8_0123));

        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);

        Assert.Equal((77, 0), (sandbox.Call<int>("ReadByte", inLarge), sandbox.Call<int>("ReadByte", map.Scratch.Gva.Value + 0x8_0123)));
    }

    /// <summary>The address at which each address space of the guest has a page of its own.</summary>
    private const ulong Window = 0x0080_0000;
}
