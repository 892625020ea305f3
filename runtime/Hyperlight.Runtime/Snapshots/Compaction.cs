using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Snapshots;

/// <summary>
/// Takes a snapshot of the memory of a guest with page tables (amd64 sheet, section 6.3; i686 sheet, section 7). The snapshot has each page
/// that the page tables map, once, and new page tables. Pages of the image and of earlier snapshots keep their addresses. Pages that the
/// guest has copied or allocated in scratch move into a new layer behind those pages. Roots that share a page table still share it
/// afterwards.
/// <code>
///   before   │ image │ pages of a snapshot │      …       │ scratch: buffers, tables, pages │
///   after    │ image │ pages of a snapshot │ new pages │  …  │ scratch: buffers, tables      │
/// </code>
/// All pages of zeros become one page: the page that the image has for its heap, or the first page of zeros that moves if the image has
/// none.
/// </summary>
internal sealed class Compaction
{
    // Each layer takes a slot of the hypervisor and may hold pages that no page table maps any more. If a guest has this many layers, its
    // next snapshot has one layer behind the image instead.
    private const int MaxLayers = 4;

    private readonly MemoryMap _map;
    private readonly PhysicalMemory _memory;
    private readonly IHostMemory _host;
    private readonly ImmutableArray<MemoryLayer> _kept;
    private readonly IReadOnlyList<GuestPhysicalAddress> _roots;
    private readonly PageTableWalker _walker;
    private readonly PageTableFormat _format;
    private readonly PageTableBuilder _tables;
    private readonly GuestPhysicalAddress _start;
    private readonly ulong _mostTableBytes;
    private readonly CancellationToken _cancellationToken;

    // The addresses of the pages that move, in their new order, and the new address of each.
    private readonly List<GuestPhysicalAddress> _moving = [];
    private readonly Dictionary<GuestPhysicalAddress, GuestPhysicalAddress> _moved = [];
    private GuestPhysicalAddress? _zeroPage;

    // The root from which each page table was reached first.
    private readonly Dictionary<TableLink, int> _owners = [];

    private Compaction(
        MemoryMap map,
        GuestMemory memory,
        PageTableFormat format,
        IReadOnlyList<GuestPhysicalAddress> roots,
        CancellationToken cancellationToken)
    {
        _map = map;
        _cancellationToken = cancellationToken;
        _host = memory.Host;
        _memory = memory.ToPhysical();
        _kept = memory.Layers.Length < MaxLayers ? memory.Layers : memory.Layers[..1];
        _start = _kept[^1].End;
        _roots = roots;
        _walker = new(format, _memory, map.Scratch.Gva);
        // In a loaded snapshot the heap's page may have other content or be absent.
        ReadOnlySpan<byte> heap = _memory.Page(map.Heap.Gpa);
        _zeroPage = heap.IsEmpty || heap.ContainsAnyExcept((byte)0) ? null : map.Heap.Gpa;
        _mostTableBytes = Math.Min(
            map.Scratch.Size - map.Layout.MinimumScratchSize(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize),
            (ulong)Array.MaxLength / 2);
        CheckTables((ulong)roots.Count * GuestLayout.PageSize);
        _format = PageTableFormat.Of(map.Layout.Paging);
        _tables = new(_format, map.PageTables.Gpa, (int)map.PageTables.Size, roots.Count);
    }

    /// <summary>Takes a snapshot of the memory of a guest that is not running.</summary>
    /// <param name="map">The guest's memory as the guest started.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="format">The format of the guest's page tables.</param>
    /// <param name="roots">
    /// The addresses of the page tables' roots, at least one. The new roots lie one page behind the other, in this order.
    /// </param>
    /// <param name="cancellationToken">Stops the work between two pages.</param>
    /// <exception cref="SnapshotFailedException">
    /// The page tables lead to each other too often, or the new ones would be too large.
    /// </exception>
    public static PagedSnapshotMemory Run(
        MemoryMap map,
        GuestMemory memory,
        PageTableFormat format,
        IReadOnlyList<GuestPhysicalAddress> roots,
        CancellationToken cancellationToken = default) =>
        new Compaction(map, memory, format, roots, cancellationToken).Run();

    private PagedSnapshotMemory Run()
    {
        for (int root = 0; root < _roots.Count; root++)
        {
            _tables.Root = root;
            Walk(_roots[root]);
            MapScratch();
        }

        CheckTables((ulong)_tables.Size);
        MemoryLayer? added = Move();
        foreach (MemoryLayer layer in _kept)
        {
            // Cannot fail, because the sandbox is a user of the layer too.
            layer.Shared.TryShare();
        }

        return new(added is null ? _kept : _kept.Add(added), new(_tables.Build()), added?.Shared.Memory.Size ?? 0);
    }

    private void Walk(GuestPhysicalAddress root)
    {
        try
        {
            _walker.Walk(root, Enter, TryCopy, Add);
        }
        catch (EndlessPageTablesException exception)
        {
            throw new SnapshotFailedException(exception.Message);
        }
    }

    private void MapScratch()
    {
        for (ulong offset = 0; offset < _map.Scratch.Size; offset += GuestLayout.PageSize)
        {
            _tables.MapScratchPage(_map.Scratch.Gva + offset, _map.Scratch.Gpa + offset, _map.Scratch.Guest);
        }
    }

    /// <summary>Says whether to walk a page table. A page table is walked once, however many roots lead to it.</summary>
    private bool Enter(TableLink link)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_roots.Count == 1 || _owners.TryAdd(link, _tables.Root) || _owners[link] == _tables.Root)
        {
            return true;
        }

        _tables.Share(_owners[link], link.Gva, link.Level);
        CheckTables((ulong)_tables.Size);
        return false;
    }

    /// <summary>
    /// Copies a table of the last level, if all its pages stay where they are and each entry is what the new tables would have. So most
    /// tables of a large heap are copied, which is many times faster than to find and map page by page.
    /// </summary>
    /// <returns><c>false</c> if an entry would become another one.</returns>
    private bool TryCopy(GuestVirtualAddress gva, ReadOnlySpan<byte> table, ulong inherited)
    {
        // The bits that an entry can have in the new tables; those that it must have; and the addresses of pages that stay.
        ulong able = _format.AddressMask | _format.PageBits | CopyOnWrite | (inherited & User) | _format.NoExecute;
        ulong must = _format.PageBits | (inherited & _format.NoExecute);
        ulong start = _kept[0].Gpa.Value;
        ulong size = _start.Value - start;
        ulong all = 0;
        for (int i = 0; i < table.Length / _format.EntrySize; i += _format.CountEqual(table, i))
        {
            ulong entry = _format.Read(table, i);
            if (entry != 0 && ((entry & ~able) != 0 || (entry & must) != must || (entry & _format.AddressMask) - start >= size))
            {
                return false;
            }

            all |= entry;
        }

        if (all != 0)
        {
            _tables.MapTable(gva, table, all);
            CheckTables((ulong)_tables.Size);
        }

        return true;
    }

    private void Add(PageLeaf leaf)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _tables.Map(leaf.Gva, Place(leaf.Gpa), leaf.Bits);
        CheckTables((ulong)_tables.Size);
    }

    private GuestPhysicalAddress Place(GuestPhysicalAddress gpa)
    {
        if (_memory.RangeAt(gpa) < _kept.Length)
        {
            return gpa;
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

    private ReadOnlySpan<byte> Page(GuestPhysicalAddress gpa)
    {
        ReadOnlySpan<byte> page = _memory.Page(gpa);
        return !page.IsEmpty ? page : throw new SnapshotFailedException(
            $"the file behind its physical address {gpa} has become shorter since it was mapped, or cannot be read: restore another "
            + "snapshot, or unmap the file.");
    }

    private void CheckTables(ulong size)
    {
        // Checked with each page table, so that a guest cannot make the host build large page tables that are then not used.
        if (size > _mostTableBytes)
        {
            throw new SnapshotFailedException(
                $"the page tables of the snapshot take more than 0x{_mostTableBytes:X} bytes, which is what ScratchSize "
                + $"0x{_map.Scratch.Size:X} has room for besides buffers and the guest's first pages: raise ScratchSize, or let the guest "
                + "map less.");
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
            throw new SnapshotFailedException(
                $"its pages would end at {_start + size}, behind the start of scratch at {_map.Scratch.Gpa}.");
        }

        if (_map.ReservedRanges.FirstOrDefault(range => range.Addresses.Overlaps(pages)) is { } reserved)
        {
            throw new SnapshotFailedException(
                $"its pages would lie at {pages}, where the page of the {reserved.Name} is ({reserved.Addresses.Start}): let the guest "
                + "write less, or create a new sandbox.");
        }

        MappedMemory target = _host.Allocate(size);
        try
        {
            for (int i = 0; i < _moving.Count; i++)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                Page(_moving[i]).CopyTo(target.Slice((ulong)i * GuestLayout.PageSize, (int)GuestLayout.PageSize));
            }

            target.MakeReadOnly();
            return new(_start, new(target));
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }
}
