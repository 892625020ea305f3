using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests that a snapshot stops where its token is cancelled, and leaves everything as it was. No other tests run at the same time, because
/// the tests count files and mappings of the process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class CanceledSnapshotTests
{
    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    public void A_token_that_is_cancelled_before_leaves_the_sandbox_ready(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", 5);

        Assert.Throws<OperationCanceledException>(() => sandbox.TakeSnapshot(new(canceled: true)));

        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Equal((SandboxState.Ready, 5, 1L), (sandbox.State, sandbox.Call<int>("DataWord"), snapshot.Generation));
    }

    [KvmFact]
    public void A_token_that_is_cancelled_in_the_middle_leaves_the_sandbox_ready()
    {
        using TestGuest guest = new("misbehave");
        using CancellationTokenSource source = new();
        using Sandbox sandbox = guest.Start(options => options.PageTableRoots = (current, _) =>
        {
            source.Cancel();
            return [current];
        });
        sandbox.Call("SetDataWord", 5);

        OperationCanceledException stopped = Assert.Throws<OperationCanceledException>(() => sandbox.TakeSnapshot(source.Token));

        Assert.Equal((source.Token, SandboxState.Ready), (stopped.CancellationToken, sandbox.State));
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Call("SetDataWord", 6);
        sandbox.Restore(snapshot);
        Assert.Equal((5, 1L), (sandbox.Call<int>("DataWord"), snapshot.Generation));
    }

    [KvmFact]
    public void Pages_that_were_being_copied_are_freed()
    {
        using TestGuest guest = new("misbehave-paged");
        MemoryMap map = guest.Image.Map;
        using CancellationTokenSource source = new();
        CancelingMemory host = new(Hypervisor.Chosen.Memory, source);
        using GuestMemory memory = new(map, guest.Image.File, host);

        // Maps the first page of the heap to a page in scratch, as if the guest had written to it.
        ulong own = map.Scratch.Size - (4 * GuestLayout.PageSize);
        memory.Scratch.Slice(own, 1)[0] = 77;
        Span<byte> low = memory.Scratch.Slice(map.PageTablesScratchOffset + GuestLayout.PageSize, (int)GuestLayout.PageSize);
        PageTableFormat.TwoLevel.Write(
            low, PageTableFormat.TwoLevel.Index(map.Heap.Gva, level: 1),
            map.Scratch.Gpa.Value + own | PageTableEntry.Present | PageTableEntry.Writable);
        host.CancelsAtAllocation = true;

        Assert.Throws<OperationCanceledException>(
            () => Compaction.Run(map, memory, PageTableFormat.TwoLevel, [map.PageTables.Gpa], source.Token));

        Assert.True(host.Last!.IsClosed);
    }

    /// <summary>Cancels a snapshot of a guest without page tables while pages are looked for, before the first is copied.</summary>
    [KvmTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_that_was_being_written_is_closed(bool cancelsBeforePages)
    {
        using TestGuest guest = new("misbehave32");
        using CancellationTokenSource source = new();
        CancelingMemory host = new(Hypervisor.Chosen.Memory, source);
        using GuestMemory memory = new(guest.Image.Map, guest.Image.File, host);
        memory.Scratch.Slice(memory.Scratch.Size - 1, 1)[0] = 77;
        IdentitySnapshotMemory.Take(guest.Image.Map, memory, source.Token).Dispose();
        CancelingPages scratch = (CancelingPages)memory.Scratch;
        (scratch.CancelsBefore, scratch.CancelsAfter) = (cancelsBeforePages, !cancelsBeforePages);
        ProcessCounts.Settle();
        string[] before = ProcessCounts.DescriptorNames;

        Assert.Throws<OperationCanceledException>(() => IdentitySnapshotMemory.Take(guest.Image.Map, memory, source.Token));

        Assert.Empty(ProcessCounts.DescriptorNames.Except(before));
        IdentitySnapshotMemory.Take(guest.Image.Map, memory).Dispose();
    }

    /// <summary>Memory of the host that cancels a token when memory is allocated, and when its written pages are listed.</summary>
    private sealed class CancelingMemory(IHostMemory inner, CancellationTokenSource source) : IHostMemory
    {
        public bool CancelsAtAllocation { get; set; }

        public MappedMemory? Last { get; private set; }

        public MappedMemory Allocate(ulong size)
        {
            if (CancelsAtAllocation)
            {
                source.Cancel();
            }

            return Last = new CancelingPages(inner.Allocate(size), source);
        }

        public MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts) => inner.Allocate(size, parts);

        public MemoryTemplate CreateTemplate(ulong size, ImmutableArray<TemplatePiece> pieces) => inner.CreateTemplate(size, pieces);

        public MappedMemory Allocate(MemoryTemplate template) => new CancelingPages(inner.Allocate(template), source);

        public MappedMemory MapReadOnly(SharedFile file, ulong length) => inner.MapReadOnly(file, length);
    }

    private sealed class CancelingPages(MappedMemory inner, CancellationTokenSource source)
        : MappedMemory((nint)inner.Address, inner.Size, file: null, fileLength: 0)
    {
        public bool CancelsBefore { get; set; }

        public bool CancelsAfter { get; set; }

        public override IEnumerable<ulong> WrittenPages()
        {
            ImmutableArray<ulong> pages = [.. inner.WrittenPages()];
            Cancel(CancelsBefore);
            foreach (ulong page in pages)
            {
                yield return page;
            }

            Cancel(CancelsAfter);
        }

        public override void Discard() => inner.Discard();

        public override void Reset(MemoryTemplate template) => inner.Reset(template);

        public override void MakeReadOnly() => inner.MakeReadOnly();

        protected override bool ReleaseHandle()
        {
            inner.Dispose();
            return true;
        }

        private void Cancel(bool now)
        {
            if (now)
            {
                source.Cancel();
            }
        }
    }
}
