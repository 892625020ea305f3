using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots;

/// <summary>
/// Makes a snapshot of a paged guest's memory (amd64 sheet, section 6.3; i686 sheet, section 7): every page that its tables map, once, and new tables.
/// Pages of the image and of earlier snapshots stay where they are; the others, which the guest had copied or allocated in scratch, move into a layer behind
/// them. A table that several roots share, they share afterwards.
/// <code>
///   before   │ image │ pages of a snapshot │      …       │ scratch: buffers, tables, pages │
///   after    │ image │ pages of a snapshot │ new pages │  …  │ scratch: buffers, tables      │
/// </code>
/// A page of zeros becomes the one that the image has for its heap; where that one is not known, the first that moves.
/// </summary>
internal sealed class Compaction
{
    // Each layer costs the hypervisor a slot and may hold pages that nobody maps any more: a guest with as many gets a single one behind the image.
    private const int MaxLayers = 4;

    private readonly MemoryMap _map;
    private readonly PhysicalMemory _memory;
    private readonly IHostMemory _host;
    private readonly ImmutableArray<MemoryLayer> _kept;
    private readonly IReadOnlyList<GuestPhysicalAddress> _roots;
    private readonly PageTableWalker _walker;
    private readonly PageTableBuilder _tables;
    private readonly GuestPhysicalAddress _start;
    private readonly ulong _mostTableBytes;

    // Where the pages that move are, in their new order, and where each will be.
    private readonly List<ulong> _moving = [];
    private readonly Dictionary<ulong, GuestPhysicalAddress> _moved = [];
    private GuestPhysicalAddress? _zeroPage;

    // The root that a table was first reached from.
    private readonly Dictionary<TableLink, int> _owners = [];

    private Compaction(MemoryMap map, GuestMemory memory, PageTableFormat format, IReadOnlyList<GuestPhysicalAddress> roots)
    {
        _map = map;
        _host = memory.Host;
        _memory = memory.ToPhysical();
        _kept = memory.Layers.Length < MaxLayers ? memory.Layers : memory.Layers[..1];
        _start = _kept[^1].End;
        _roots = roots;
        _walker = new(format, _memory, map.Scratch.Gva);
        // A loaded snapshot may have another page there, or none.
        ReadOnlySpan<byte> heap = _memory.Page(map.Heap.Gpa.Value);
        _zeroPage = heap.IsEmpty || heap.ContainsAnyExcept((byte)0) ? null : map.Heap.Gpa;
        _mostTableBytes = Math.Min(
            map.Scratch.Size - map.Layout.MinimumScratchSize(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize), (ulong)Array.MaxLength / 2);
        CheckTables((ulong)roots.Count * GuestLayout.PageSize);
        _tables = new(PageTableFormat.Of(map.Layout.Paging), map.PageTables.Gpa, (int)map.PageTables.Size, roots.Count);
    }

    /// <summary>Makes a snapshot of memory that the guest is not using meanwhile.</summary>
    /// <param name="map">Where everything was at the start.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="format">What the guest's current page tables are like.</param>
    /// <param name="roots">Where they start, at least one. The new ones start one page behind the other, in this order.</param>
    /// <exception cref="SnapshotFailedException">The guest's page tables are hostile, or too large for another start.</exception>
    public static PagedSnapshotMemory Run(
        MemoryMap map, GuestMemory memory, PageTableFormat format, IReadOnlyList<GuestPhysicalAddress> roots) => new Compaction(map, memory, format, roots).Run();

    private PagedSnapshotMemory Run()
    {
        for (int root = 0; root < _roots.Count; root++)
        {
            _tables.Root = root;
            _walker.Walk(_roots[root], Enter, Add);
            MapScratch();
        }

        CheckTables((ulong)_tables.Size);
        MemoryLayer? added = Move();
        foreach (MemoryLayer layer in _kept)
        {
            // The sandbox is a user too, so this cannot fail.
            layer.Shared.TryShare();
        }

        return new(added is null ? _kept : _kept.Add(added), _tables.Build(), added?.Shared.Memory.Size ?? 0);
    }

    private void MapScratch()
    {
        for (ulong offset = 0; offset < _map.Scratch.Size; offset += GuestLayout.PageSize)
        {
            _tables.MapScratchPage(_map.Scratch.Gva + offset, _map.Scratch.Gpa + offset, _map.Scratch.Guest);
        }
    }

    /// <summary>Says whether to walk a table: only once, however many roots lead to it.</summary>
    private bool Enter(TableLink link)
    {
        if (_roots.Count == 1 || _owners.TryAdd(link, _tables.Root) || _owners[link] == _tables.Root)
        {
            return true;
        }

        _tables.Share(_owners[link], link.Gva, link.Level);
        CheckTables((ulong)_tables.Size);
        return false;
    }

    private void Add(PageLeaf leaf)
    {
        _tables.Map(leaf.Gva, Place(leaf.Gpa), leaf.Bits);
        CheckTables((ulong)_tables.Size);
    }

    private GuestPhysicalAddress Place(ulong gpa)
    {
        if (_memory.RangeAt(gpa) < _kept.Length)
        {
            return new(gpa);
        }

        if (_moved.TryGetValue(gpa, out GuestPhysicalAddress place))
        {
            return place;
        }

        bool isZero = !Page(gpa).ContainsAnyExcept((byte)0);
        if (isZero && _zeroPage is { } zeroPage)
        {
            place = zeroPage;
        }
        else
        {
            place = _start + ((ulong)_moving.Count * GuestLayout.PageSize);
            _moving.Add(gpa);
            _zeroPage = isZero ? place : _zeroPage;
        }

        _moved.Add(gpa, place);
        return place;
    }

    private ReadOnlySpan<byte> Page(ulong gpa)
    {
        ReadOnlySpan<byte> page = _memory.Page(gpa);
        return !page.IsEmpty ? page : throw new SnapshotFailedException(
            $"the file behind its physical address 0x{gpa:X} has become shorter since it was mapped, or cannot be read: restore another snapshot, or unmap the file.");
    }

    private void CheckTables(ulong size)
    {
        // What the sandbox could not start with again is refused as soon as it shows, so a guest cannot make the host build much of it.
        if (size > _mostTableBytes)
        {
            throw new SnapshotFailedException(
                $"the page tables of the snapshot take more than 0x{_mostTableBytes:X} bytes, which is what ScratchSize 0x{_map.Scratch.Size:X} has room for "
                + "beside buffers and the guest's first pages: raise ScratchSize, or let the guest map less.");
        }
    }

    private MemoryLayer? Move()
    {
        if (_moving.Count == 0)
        {
            return null;
        }

        ulong size = (ulong)_moving.Count * GuestLayout.PageSize;
        AddressRange<GuestPhysicalAddress> pages = new(_start, size);
        if (_start + size > _map.Scratch.Gpa)
        {
            throw new SnapshotFailedException($"its pages would end at {_start + size}, behind the start of scratch at {_map.Scratch.Gpa}.");
        }

        if (_map.ReservedRanges.FirstOrDefault(range => range.Addresses.Overlaps(pages)) is { } reserved)
        {
            throw new SnapshotFailedException(
                $"its pages would lie at {pages}, where the page of the {reserved.Name} is ({reserved.Addresses.Start}): let the guest write less, or start anew.");
        }

        MappedMemory target = _host.Allocate(size);
        for (int i = 0; i < _moving.Count; i++)
        {
            Page(_moving[i]).CopyTo(target.Slice((ulong)i * GuestLayout.PageSize, (int)GuestLayout.PageSize));
        }

        target.MakeReadOnly();
        return new(_start, new(target));
    }
}
