using System.Collections.Immutable;
using Hyperlight.Images;

namespace Hyperlight.Snapshots.Formats;

/// <summary>The memory of a snapshot on disk.</summary>
internal abstract record SavedMemory : IDisposable
{
    /// <summary>Closes the files.</summary>
    public abstract void Dispose();
}

/// <summary>That of a guest with page tables.</summary>
/// <param name="File">The guest's memory, then its page tables.</param>
/// <param name="Size">Bytes of memory.</param>
/// <param name="Tables">The page tables.</param>
internal sealed record SavedPagedMemory(SharedFile File, ulong Size, byte[] Tables) : SavedMemory
{
    /// <summary>Takes over a file, and reads its page tables.</summary>
    /// <param name="file">The file.</param>
    /// <param name="size">Bytes of memory.</param>
    /// <param name="tablesSize">Bytes of page tables.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SavedPagedMemory Read(SharedFile file, ulong size, ulong tablesSize)
    {
        try
        {
            byte[] tables = new byte[tablesSize];
            file.Read(tables, size);
            return new(file, size, tables);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => File.Dispose();
}

/// <summary>That of a guest without page tables.</summary>
/// <param name="Image">The memory of the image that the guest was started from.</param>
/// <param name="Pages">The pages that differ.</param>
/// <param name="Addresses">Where each of them is in the guest's memory, ascending.</param>
/// <param name="FirstPage">Where the first is in the file.</param>
internal sealed record SavedIdentityMemory(SharedFile Image, SharedFile Pages, ImmutableArray<ulong> Addresses, ulong FirstPage) : SavedMemory
{
    /// <inheritdoc/>
    public override void Dispose()
    {
        Image.Dispose();
        Pages.Dispose();
    }
}
