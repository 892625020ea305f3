using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests snapshots of guests without page tables: their size, and that they contain exactly the guest's memory.</summary>
[Wine]
public sealed class IdentitySnapshotTests
{
    private const string Name = "misbehave32";
    private const int Page = 4096;
    private const ulong Heap = 16 << 20;

    [KvmFact]
    public void A_snapshot_takes_the_pages_that_the_guest_wrote_and_no_others()
    {
        using TestGuest guest = Large();
        using Sandbox sandbox = guest.Start();
        using Snapshot start = sandbox.TakeSnapshot();

        Write(sandbox, guest, 100, value: 1);
        using Snapshot written = sandbox.TakeSnapshot();

        Assert.InRange(start.Size, 1L, 24L * Page);
        // A call may write to a few more pages.
        Assert.InRange(written.Size - start.Size, 100L * Page, 103L * Page);
    }

    [KvmFact]
    public void A_page_that_is_the_images_again_takes_no_memory()
    {
        using TestGuest guest = Large();
        using Sandbox sandbox = guest.Start();
        Write(sandbox, guest, 50, value: 1);
        using Snapshot written = sandbox.TakeSnapshot();
        Write(sandbox, guest, 50, value: 0);
        sandbox.Call("SetDataWord", 7);
        sandbox.Call("SetDataWord", 42);

        using Snapshot cleared = sandbox.TakeSnapshot();

        Assert.InRange(written.Size - cleared.Size, 50L * Page, 51L * Page);
        sandbox.Restore(written);
        Assert.Equal(1, sandbox.Call<int>("ReadByte", Address(guest, 49)));
        sandbox.Restore(cleared);
        Assert.Equal(0, sandbox.Call<int>("ReadByte", Address(guest, 49)));
    }

    /// <summary>
    /// A restore copies a few pages and maps many pages in a row. Both ways must restore the snapshot's content in each sandbox.
    /// </summary>
    [KvmTheory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(200)]
    public void A_restore_brings_back_few_pages_and_many(int count)
    {
        using TestGuest guest = Large();
        using Sandbox sandbox = guest.Start();
        Write(sandbox, guest, count, value: 1);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox other = snapshot.CreateSandbox();

        Assert.All([sandbox, other, sandbox], target =>
        {
            Write(target, guest, count + 2, value: 9);
            target.Restore(snapshot);
            Assert.Equal(
                [.. Enumerable.Repeat(1, count), 0, 0],
                Enumerable.Range(0, count + 2).Select(page => target.Call<int>("ReadByte", Address(guest, page))));
        });
    }

    [KvmFact]
    public void A_snapshot_of_a_restored_sandbox_has_all_that_the_first_one_had()
    {
        using TestGuest guest = Large();
        using Sandbox sandbox = guest.Start();
        Write(sandbox, guest, 100, value: 1);
        Snapshot first = sandbox.TakeSnapshot();
        sandbox.Restore(first);
        Write(sandbox, guest, 1, value: 2);
        using Snapshot second = sandbox.TakeSnapshot();
        first.Dispose();

        using Sandbox other = second.CreateSandbox();

        Assert.Equal(
            [2, .. Enumerable.Repeat(1, 99), 0],
            Enumerable.Range(0, 101).Select(page => other.Call<int>("ReadByte", Address(guest, page))));
        Assert.InRange(second.Size, 100L * Page, 130L * Page);
    }

    [KvmFact]
    public void Runs_beyond_those_that_are_mapped_are_copied()
    {
        using TestGuest guest = Large();
        using Sandbox sandbox = guest.Start();
        int[] pages = [.. Enumerable.Range(0, 40).SelectMany(run => Enumerable.Range(run * 20, 17))];
        Assert.All(pages, page => sandbox.Call<int>("WriteByte", Address(guest, page), 3));
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox other = snapshot.CreateSandbox();

        for (int round = 0; round < 2; round++)
        {
            Assert.All(
                Enumerable.Range(0, 800), page => Assert.Equal(page % 20 < 17 ? 3 : 0, other.Call<int>("ReadByte", Address(guest, page))));
            other.Call<int>("WriteByte", Address(guest, 39 * 20), 4);
            other.Restore(snapshot);
        }
    }

    private static TestGuest Large() => new(Name, request => request with { Sizes = new GuestSizes { HeapSize = Heap } });

    /// <summary>Gets the address of a heap page that the guest's allocator does not reach in these tests.</summary>
    private static ulong Address(TestGuest guest, int page) =>
        guest.Image.Map.Heap.Gva.Value + (guest.Image.Map.Heap.Size / 2) + ((ulong)page * Page);

    private static void Write(Sandbox sandbox, TestGuest guest, int count, int value) =>
        Assert.All(Enumerable.Range(0, count), page => sandbox.Call<int>("WriteByte", Address(guest, page), value));
}
