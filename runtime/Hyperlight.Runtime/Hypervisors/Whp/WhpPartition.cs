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

    // The number of pieces that the guest does not see.
    private int _hiddenCount;
    private bool _hasProcessor;
    private volatile bool _isReleased;

    private WhpPartition(IMemorySource source)
        : base(0, ownsHandle: true) => _source = source;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Creates a partition with one processor.</summary>
    /// <param name="source">The process whose memory is mapped. The partition disposes it.</param>
    /// <param name="physicalAddressBits">The number of physical address bits that the processor reports.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public static WhpPartition Create(IMemorySource source, int physicalAddressBits)
    {
        WhpPartition partition = Open(source);
        try
        {
            partition.SetUp(physicalAddressBits);
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
    /// <param name="address">The guest-physical address, page-aligned.</param>
    /// <param name="memory">The memory, which stays until the piece is unmapped or the partition is deleted.</param>
    /// <param name="permissions">The guest's permissions.</param>
    /// <exception cref="HyperlightException">
    /// The platform or the operating system refuses, or the piece overlaps another one.
    /// </exception>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        RequireFree(address, memory.Size);
        bool isHeld = false;
        memory.DangerousAddRef(ref isHeld);
        Piece piece;
        try
        {
            piece = new(memory, _source.Map(memory), address, permissions);
            _hiddenCount++;
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
            Forget(slot, piece);
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
        Forget(slot, piece);
    }

    /// <summary>Does something while the guest has no memory. After a failure pieces may be hidden until <see cref="ShowMemory"/>.</summary>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void WithoutMemory(Action action)
    {
        foreach (Piece piece in _pieces.Values)
        {
            Hide(piece);
        }

        action();
        ShowMemory();
    }

    /// <summary>Makes the guest see its memory again, if a failure of <see cref="WithoutMemory"/> has left pieces hidden.</summary>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void ShowMemory()
    {
        if (_hiddenCount == 0)
        {
            return;
        }

        foreach (Piece piece in _pieces.Values)
        {
            Show(piece);
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

    private void SetUp(int physicalAddressBits)
    {
        uint count = 1;
        WhpError.Require(SetProperty(WhpProperty.ProcessorCount, &count, sizeof(uint)), nameof(WhpApi.WHvSetPartitionProperty));
        SetAddressSizes(physicalAddressBits);
        WhpError.Require(WhpApi.WHvSetupPartition(this), nameof(WhpApi.WHvSetupPartition));
        WhpError.Require(
            WhpApi.WHvCreateVirtualProcessor(this, WhpApi.Processor, flags: 0), nameof(WhpApi.WHvCreateVirtualProcessor));
        _hasProcessor = true;
    }

    // Not tried on Windows. Guests run without the answer too, so that a platform that does not know the property is good enough.
    private void SetAddressSizes(int physicalAddressBits)
    {
        WhpCpuidResult sizes = WhpCpuidResult.AddressSizes(physicalAddressBits);
        int result = SetProperty(WhpProperty.CpuidResults, &sizes, (uint)sizeof(WhpCpuidResult));
        if ((uint)result is not (WhpResult.UnknownProperty or WhpResult.InvalidArgument))
        {
            WhpError.Require(result, nameof(WhpApi.WHvSetPartitionProperty));
        }
    }

    private int SetProperty(WhpProperty code, void* value, uint size) => WhpApi.WHvSetPartitionProperty(this, code, value, size);

    // The platform would replace the memory that is there.
    private void RequireFree(GuestPhysicalAddress address, ulong size)
    {
        foreach (Piece piece in _pieces.Values)
        {
            if (address.Value < piece.Address.Value + piece.Memory.Size && piece.Address.Value < address.Value + size)
            {
                throw new HypervisorException(Rules.HypervisorFailed.Found(
                    $"memory cannot be mapped at {address}, the guest has memory at {piece.Address} already: choose another address."));
            }
        }
    }

    private void Show(Piece piece)
    {
        if (piece.IsShown)
        {
            return;
        }

        // The platform's bits for permissions are those of MemoryPermissions.
        uint permissions = (uint)piece.Permissions;
        void* source = (void*)piece.Source;
        if (_source.Process is { } process)
        {
            try
            {
                WhpError.Require(
                    WhpApi.WHvMapGpaRange2(this, process, source, piece.Address.Value, piece.Memory.Size, permissions),
                    nameof(WhpApi.WHvMapGpaRange2));
            }
            catch (EntryPointNotFoundException exception)
            {
                throw new HypervisorException(WhpPresence.TooOld(exception));
            }
        }
        else
        {
            WhpError.Require(
                WhpApi.WHvMapGpaRange(this, source, piece.Address.Value, piece.Memory.Size, permissions), nameof(WhpApi.WHvMapGpaRange));
        }

        piece.IsShown = true;
        _hiddenCount--;
    }

    private void Hide(Piece piece)
    {
        if (piece.IsShown)
        {
            WhpError.Require(
                WhpApi.WHvUnmapGpaRange(this, piece.Address.Value, piece.Memory.Size), nameof(WhpApi.WHvUnmapGpaRange));
            piece.IsShown = false;
            _hiddenCount++;
        }
    }

    private void Forget(uint slot, Piece piece)
    {
        _pieces.Remove(slot);
        _hiddenCount--;
        Release(piece);
    }

    private void Release(Piece piece)
    {
        _source.Unmap(piece.Memory);
        piece.Memory.DangerousRelease();
    }

    /// <summary>A piece of memory.</summary>
    /// <param name="memory">The memory of the host.</param>
    /// <param name="source">The address of the memory in the process that the partition takes memory from.</param>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="permissions">The guest's permissions.</param>
    private sealed class Piece(MappedMemory memory, ulong source, GuestPhysicalAddress address, MemoryPermissions permissions)
    {
        public MappedMemory Memory { get; } = memory;

        public ulong Source { get; } = source;

        public GuestPhysicalAddress Address { get; } = address;

        public MemoryPermissions Permissions { get; } = permissions;

        /// <summary>Gets or sets whether the guest sees the memory.</summary>
        public bool IsShown { get; set; }
    }
}
