using System.Runtime.InteropServices;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// A partition, the platform's word for a virtual machine, with one processor and the pieces of memory that were mapped into it. While a
/// function of the platform uses the partition, the partition and its memory stay, although the object may be disposed meanwhile.
/// </summary>
internal sealed unsafe class WhpPartition : SafeHandle
{
    private readonly IMemorySource _source;
    private readonly Dictionary<uint, Piece> _pieces = [];
    private bool _hasProcessor;
    private volatile bool _isReleased;

    private WhpPartition(IMemorySource source)
        : base(0, ownsHandle: true) => _source = source;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Creates a partition with one processor.</summary>
    /// <param name="source">The process whose memory is mapped. The partition disposes it.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public static WhpPartition Create(IMemorySource source)
    {
        WhpPartition partition = Open(source);
        try
        {
            partition.SetUp();
            return partition;
        }
        catch
        {
            partition.Dispose();
            throw;
        }
    }

    /// <summary>Creates a partition that is not set up: the hypervisor does not know the partition yet.</summary>
    /// <param name="source">The process whose memory is mapped. The partition disposes it.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public static WhpPartition Open(IMemorySource source)
    {
        WhpPartition partition = new(source);
        try
        {
            WhpError.Require(WhpApi.WHvCreatePartition(out nint handle), nameof(WhpApi.WHvCreatePartition));
            partition.SetHandle(handle);
            return partition;
        }
        catch
        {
            // Nothing releases a handle that was not set.
            partition.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>Maps a piece of memory.</summary>
    /// <param name="slot">The number of the piece.</param>
    /// <param name="address">The guest-physical address, page-aligned. The piece overlaps no other piece.</param>
    /// <param name="memory">The memory, which stays until the piece is unmapped or the partition is deleted.</param>
    /// <param name="permissions">The guest's permissions.</param>
    /// <exception cref="HyperlightException">The platform or the operating system refuses.</exception>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        bool isHeld = false;
        memory.DangerousAddRef(ref isHeld);
        Piece piece;
        try
        {
            piece = new(memory, _source.Map(memory), address, permissions);
        }
        catch
        {
            memory.DangerousRelease();
            throw;
        }

        _pieces.Add(slot, piece);
        try
        {
            Show(piece);
        }
        catch
        {
            _pieces.Remove(slot);
            Release(piece);
            throw;
        }
    }

    /// <summary>Unmaps a piece of memory.</summary>
    /// <param name="slot">The number of the piece.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void Unmap(uint slot)
    {
        Piece piece = _pieces[slot];
        Hide(piece);
        _pieces.Remove(slot);
        Release(piece);
    }

    /// <summary>Does something while the guest has no memory.</summary>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void WithoutMemory(Action action)
    {
        int hidden = 0;
        try
        {
            foreach (Piece piece in _pieces.Values)
            {
                Hide(piece);
                hidden++;
            }

            action();
        }
        finally
        {
            foreach (Piece piece in _pieces.Values.Take(hidden))
            {
                Show(piece);
            }
        }
    }

    /// <summary>
    /// Ends the current run. If the processor does not run, the platform ends the next run as soon as it begins. Nothing happens if the
    /// partition is disposed.
    /// </summary>
    /// <returns>The result of the platform.</returns>
    public int Cancel()
    {
        try
        {
            return WhpApi.WHvCancelRunVirtualProcessor(this, WhpApi.Processor, flags: 0);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>
    /// Deletes the partition, and waits for a cancel of another thread that still uses it. Afterwards the memory can be freed, and another
    /// partition can use the process.
    /// </summary>
    public void Delete()
    {
        Dispose();
        SpinWait wait = default;
        while (!_isReleased)
        {
            wait.SpinOnce();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // A partition that cannot be deleted may still use the memory and the process, so both stay.
        if (_hasProcessor)
        {
            _ = WhpApi.WHvDeleteVirtualProcessor(handle, WhpApi.Processor);
        }

        bool isDeleted = WhpApi.WHvDeletePartition(handle) >= 0;
        try
        {
            if (isDeleted)
            {
                foreach (Piece piece in _pieces.Values)
                {
                    Release(piece);
                }

                _source.Dispose();
            }

            return isDeleted;
        }
        finally
        {
            _isReleased = true;
        }
    }

    private void SetUp()
    {
        uint count = 1;
        WhpError.Require(
            WhpApi.WHvSetPartitionProperty(this, WhpProperty.ProcessorCount, &count, sizeof(uint)), nameof(WhpApi.WHvSetPartitionProperty));
        WhpError.Require(WhpApi.WHvSetupPartition(this), nameof(WhpApi.WHvSetupPartition));
        WhpError.Require(
            WhpApi.WHvCreateVirtualProcessor(this, WhpApi.Processor, flags: 0), nameof(WhpApi.WHvCreateVirtualProcessor));
        _hasProcessor = true;
    }

    private void Show(Piece piece)
    {
        // The platform's bits for permissions are those of MemoryPermissions.
        uint permissions = (uint)piece.Permissions;
        void* source = (void*)piece.Source;
        if (_source.Process is { } process)
        {
            WhpError.Require(
                WhpApi.WHvMapGpaRange2(this, process, source, piece.Address.Value, piece.Memory.Size, permissions),
                nameof(WhpApi.WHvMapGpaRange2));
        }
        else
        {
            WhpError.Require(
                WhpApi.WHvMapGpaRange(this, source, piece.Address.Value, piece.Memory.Size, permissions), nameof(WhpApi.WHvMapGpaRange));
        }
    }

    private void Hide(Piece piece) => WhpError.Require(
        WhpApi.WHvUnmapGpaRange(this, piece.Address.Value, piece.Memory.Size), nameof(WhpApi.WHvUnmapGpaRange));

    private void Release(Piece piece)
    {
        _source.Unmap(piece.Memory);
        piece.Memory.DangerousRelease();
    }

    /// <summary>A piece of memory.</summary>
    /// <param name="Memory">The memory of the host.</param>
    /// <param name="Source">The address of the memory in the process that the partition takes memory from.</param>
    /// <param name="Address">The guest-physical address.</param>
    /// <param name="Permissions">The guest's permissions.</param>
    private readonly record struct Piece(MappedMemory Memory, ulong Source, GuestPhysicalAddress Address, MemoryPermissions Permissions);
}
