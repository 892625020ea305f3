using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Snapshots.Formats;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Snapshots;

/// <summary>
/// The memory of a guest without page tables, in which every page keeps its physical address. A file holds the pages that differ from the
/// image, and the pages of scratch behind the buffers, one behind the other. A sandbox has a private view of the image: long runs of pages
/// are mapped over the view, and other pages are copied into it.
/// <code>
///   file    │ run │ run │ run …
///   view    │ image │ run │ image │ page │ image … │ scratch: buffers │ page │ zero …
///                   mapped          copied                              copied
/// </code>
/// </summary>
internal sealed class IdentitySnapshotMemory : SnapshotMemory
{
    // Mapping a run, once for each sandbox, takes as long as copying three pages, which happens at each restore (docs/performance.md). A
    // process may have 65,530 mappings.
    private const ulong LeastMappedSize = 16 * GuestLayout.PageSize;
    private const int MaxMapped = 32;

    private const int PieceSize = 1 << 20;

    private readonly MemoryMap _map;
    private readonly SharedFile _image;
    private readonly SharedFile _pages;
    private readonly ImmutableArray<PageRun> _mapped;
    private readonly ImmutableArray<PageRun> _copied;

    /// <summary>Creates the memory of a snapshot from two files. The memory takes over the caller's use of both.</summary>
    /// <param name="map">The guest's memory as the guest started.</param>
    /// <param name="image">The memory blob of the image.</param>
    /// <param name="pages">The file that has the pages.</param>
    /// <param name="runs">The addresses of the pages, in ascending order.</param>
    /// <param name="size">The bytes of host memory that the pages take.</param>
    public IdentitySnapshotMemory(MemoryMap map, SharedFile image, SharedFile pages, ImmutableArray<PageRun> runs, ulong size)
    {
        _map = map;
        _image = image;
        _pages = pages;
        Runs = runs;
        Size = size;
        IEnumerable<PageRun> mappable = runs.Where(run => run.Gpa < map.Scratch.Gpa.Value && run.Size >= LeastMappedSize);
        _mapped = [.. mappable.OrderByDescending(run => run.Size).Take(MaxMapped)];
        _copied = [.. runs.Except(_mapped)];
    }

    /// <inheritdoc/>
    public override ulong Size { get; }

    /// <summary>Creates the memory of a loaded snapshot. The memory takes over the snapshot's files.</summary>
    public static IdentitySnapshotMemory Of(MemoryMap map, SavedIdentityMemory saved) =>
        new(map, saved.Image, saved.Pages, PageRun.Join(saved.Addresses, saved.FirstPage, map.Scratch.Gpa), size: 0);

    /// <summary>Gets the addresses of all pages, in ascending order.</summary>
    public ImmutableArray<PageRun> Runs { get; }

    /// <summary>Gets the memory blob of the image, which is open as long as this object has users.</summary>
    public SharedFile Image => _image;

    /// <summary>Gets the file that has the pages, which is open as long as this object has users.</summary>
    public SharedFile Pages => _pages;

    /// <summary>Takes a snapshot of the memory of a guest that is not running: copies the pages that differ from the image.</summary>
    /// <param name="map">The guest's memory as the guest started.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="cancellationToken">Stops the work between two pages, or two pieces of 1 MiB.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or too many files are open.</exception>
    /// <exception cref="SnapshotFailedException">The image cannot be read.</exception>
    public static IdentitySnapshotMemory Take(MemoryMap map, GuestMemory memory, CancellationToken cancellationToken = default)
    {
        SharedMemory below = memory.Layers[0].Shared;
        (SharedFile image, ImmutableArray<PageRun> mapped) = below.Source is IdentitySnapshotMemory before
            ? (before._image, before._mapped)
            : ((SharedFile)below.Source!, []);
        ulong start = map.Layout.SnapshotBase.Value;

        // Pages that were mapped over the image differ from it although nobody has written to them.
        IEnumerable<ulong> written = below.Memory.WrittenPages().Select(offset => start + offset);
        IEnumerable<ulong> candidates = mapped.IsEmpty ? written : written.Union(mapped.SelectMany(run => run.Pages)).Order();
        IEnumerable<ulong> changed = Differing(Watched(candidates, cancellationToken), start, below.Memory, image);
        IEnumerable<ulong> scratch = ScratchPages(map, memory.Scratch, Watched(memory.Scratch.WrittenPages(), cancellationToken));
        ImmutableArray<PageRun> runs = PageRun.Join(changed.Concat(scratch), 0, map.Scratch.Gpa);
        SafeFileHandle pages = SealedFile.Create("a snapshot's memory", file =>
        {
            foreach (PageRun run in runs)
            {
                long written = (long)run.Offset;
                for (ReadOnlySpan<byte> rest = Bytes(map, memory, run); !rest.IsEmpty; rest = rest[Math.Min(PieceSize, rest.Length)..])
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ReadOnlySpan<byte> piece = rest[..Math.Min(PieceSize, rest.Length)];
                    RandomAccess.Write(file, piece, written);
                    written += piece.Length;
                }
            }
        });

        // Cannot fail, because the layer is a user of the image too.
        image.TryShare();
        return new(map, image, SharedFile.Sealed(pages), runs, runs.Aggregate(0UL, (sum, run) => sum + run.Size));
    }

    /// <inheritdoc/>
    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current, IHostMemory host)
    {
        Shared source = _mapped.IsEmpty ? _image : this;
        if (current is [MemoryLayer layer] && layer.Shared.IsViewOf(source))
        {
            return current;
        }

        ulong start = _map.Layout.SnapshotBase.Value;
        FilePart[] image = ImageView.PartsOf(_image, _map.SnapshotSize);
        FilePart[] parts = new FilePart[image.Length + _mapped.Length];
        image.CopyTo(parts, 0);
        for (int i = 0; i < _mapped.Length; i++)
        {
            parts[image.Length + i] = new(_mapped[i].Gpa - start, _mapped[i].Size, _pages.Handle, _mapped[i].Offset);
        }

        MappedMemory view = host.Allocate(_map.SnapshotSize, parts);

        // Cannot fail, because the caller is a user of this object, which is a user of the image.
        source.TryShare();
        return [new(_map.Layout.SnapshotBase, new(view, source))];
    }

    /// <inheritdoc/>
    public override void Fill(GuestMemory memory)
    {
        try
        {
            foreach (PageRun run in _copied)
            {
                _pages.Read(Bytes(_map, memory, run), run.Offset);
            }

            ClearCounter(memory);
        }
        catch (IOException exception)
        {
            throw new HyperlightException($"The memory of a snapshot cannot be read: {exception.Message}.", exception);
        }
    }

    // The snapshot has the number of the counter of another sandbox. A sandbox without a counter starts with 0; a sandbox with a counter
    // writes its own number afterwards.
    private void ClearCounter(GuestMemory memory)
    {
        if (_map.Layout.CounterOffset is { } fromEnd
            && _copied.Any(run => _map.Layout.ScratchTopGpa.Value + 1 - fromEnd - run.Gpa < run.Size))
        {
            memory.Scratch.Slice(_map.Scratch.Size - fromEnd, sizeof(ulong)).Clear();
        }
    }

    /// <inheritdoc/>
    protected override MemoryTemplate CreateScratch(MemoryMap map, ulong generation, IHostMemory host) => ScratchTemplate.OfBuffers(map);

    /// <inheritdoc/>
    protected override void Free()
    {
        base.Free();
        _image.Dispose();
        _pages.Dispose();
    }

    private static Span<byte> Bytes(MemoryMap map, GuestMemory memory, PageRun run) => run.Gpa >= map.Scratch.Gpa.Value
        ? memory.Scratch.Slice(run.Gpa - map.Scratch.Gpa.Value, (int)run.Size)
        : memory.Layers[0].Shared.Memory.Slice(run.Gpa - map.Layout.SnapshotBase.Value, (int)run.Size);

    private static IEnumerable<ulong> Differing(IEnumerable<ulong> pages, ulong start, MappedMemory memory, SharedFile image)
    {
        byte[] original = new byte[GuestLayout.PageSize];
        foreach (ulong page in pages)
        {
            try
            {
                image.Read(original, page - start);
            }
            catch (IOException exception)
            {
                throw new SnapshotFailedException($"the image that it was started from cannot be read: {exception.Message}.");
            }

            if (!memory.Page(page - start).SequenceEqual(original))
            {
                yield return page;
            }
        }
    }

    private static IEnumerable<ulong> Watched(IEnumerable<ulong> pages, CancellationToken cancellationToken)
    {
        foreach (ulong page in pages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return page;
        }
    }

    private static IEnumerable<ulong> ScratchPages(MemoryMap map, MappedMemory scratch, IEnumerable<ulong> written) => written
        .Where(offset => offset >= map.PageTablesScratchOffset && scratch.Page(offset).ContainsAnyExcept((byte)0))
        .Select(offset => map.Scratch.Gpa.Value + offset);
}
