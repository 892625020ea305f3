using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

// The memory of the guest: pieces of the host's memory, which the partition takes from a process.
internal sealed unsafe partial class WhpPartition
{
    private readonly Dictionary<uint, Piece> _pieces = [];

    // The number of pieces that the guest does not see.
    private int _hiddenCount;

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

    /// <summary>
    /// Does something while the guest has no memory. After a failure pieces may stay hidden until <see cref="ShowMemory"/>.
    /// </summary>
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
