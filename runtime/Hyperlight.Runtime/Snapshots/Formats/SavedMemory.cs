using System.Collections.Immutable;
using Hyperlight.Files;

namespace Hyperlight.Snapshots.Formats;

/// <summary>The memory of a snapshot on disk.</summary>
internal abstract record SavedMemory : IDisposable
{
    /// <summary>Closes the files.</summary>
    public abstract void Dispose();
}

/// <summary>The memory of a snapshot of a guest with page tables.</summary>
/// <param name="File">The file: the guest's memory, then its page tables.</param>
/// <param name="Size">The size of the memory in bytes.</param>
/// <param name="Tables">The page tables.</param>
internal sealed record SavedPagedMemory(SharedFile File, ulong Size, SnapshotTables Tables) : SavedMemory
{
    /// <inheritdoc/>
    public override void Dispose() => File.Dispose();
}

/// <summary>The memory of a snapshot of a guest without page tables.</summary>
/// <param name="Image">The memory of the image that the guest was started from.</param>
/// <param name="Pages">The pages that differ from the image.</param>
/// <param name="Addresses">The guest-physical address of each page, in ascending order.</param>
/// <param name="FirstPage">The offset of the first page in the file, in bytes.</param>
internal sealed record SavedIdentityMemory(
    SharedFile Image, SharedFile Pages, ImmutableArray<ulong> Addresses, ulong FirstPage) : SavedMemory
{
    /// <inheritdoc/>
    public override void Dispose()
    {
        Image.Dispose();
        Pages.Dispose();
    }
}
