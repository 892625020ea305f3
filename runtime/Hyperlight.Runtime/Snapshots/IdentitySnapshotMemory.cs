using System.Collections.Immutable;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Snapshots;

/// <summary>
/// The memory of a guest whose addresses are the physical ones, so that every page has to stay where it is: a file that each sandbox has a private
/// view of, and the pages of scratch behind the buffers.
/// </summary>
internal sealed class IdentitySnapshotMemory : SnapshotMemory
{
    private readonly MemoryMap _map;
    private readonly SafeFileHandle _file;
    private readonly ImmutableArray<(ulong Offset, byte[] Bytes)> _scratchPages;

    /// <summary>Copies all pages that are not zero.</summary>
    public IdentitySnapshotMemory(MemoryMap map, GuestMemory memory)
    {
        _map = map;
        _scratchPages = [.. ScratchPages(map, memory.Scratch)];
        (_file, ulong fileSize) = AnonymousFile.Copy(memory.Layers[0].Shared.Memory);
        Size = fileSize + ((ulong)_scratchPages.Length * GuestLayout.PageSize);
    }

    /// <inheritdoc/>
    public override ulong Size { get; }

    /// <inheritdoc/>
    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current) =>
        current is [MemoryLayer layer] && layer.Shared.IsViewOf(_file)
            ? current
            : [new(_map.Layout.SnapshotBase, new(MappedMemory.MapPrivate(_file, _map.SnapshotSize, writable: true), _file))];

    /// <inheritdoc/>
    public override void FillScratch(GuestMemory memory, ulong generation)
    {
        foreach ((ulong offset, byte[] bytes) in _scratchPages)
        {
            bytes.CopyTo(memory.Scratch.Slice(offset, bytes.Length));
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _file.Dispose();

    private static IEnumerable<(ulong Offset, byte[] Bytes)> ScratchPages(MemoryMap map, MappedMemory scratch)
    {
        for (ulong offset = map.PageTablesScratchOffset; offset < scratch.Size; offset += GuestLayout.PageSize)
        {
            ReadOnlySpan<byte> page = scratch.Slice(offset, (int)GuestLayout.PageSize);
            if (page.ContainsAnyExcept((byte)0))
            {
                yield return (offset, page.ToArray());
            }
        }
    }
}
