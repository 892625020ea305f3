using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Windows;

/// <summary>The pages that memory shows until somebody writes to it: pages of files, and zeros elsewhere.</summary>
internal sealed class SourcePages : IDisposable
{
    private readonly Dictionary<SafeFileHandle, WindowsMemory> _views = [];

    // The file that each page shows, and the offset there; no file for a page of zeros.
    private readonly (WindowsMemory? View, ulong Offset)[] _pages;

    /// <summary>Maps the files, which may be closed afterwards.</summary>
    /// <param name="size">The size of the memory in bytes, a multiple of the page size and not 0.</param>
    /// <param name="parts">The parts, inside the memory. A later part hides an earlier one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A part does not lie inside the memory.</exception>
    /// <exception cref="HyperlightException">Windows refuses.</exception>
    public SourcePages(ulong size, ReadOnlySpan<FilePart> parts)
    {
        _pages = new (WindowsMemory?, ulong)[checked((int)(size / GuestLayout.PageSize))];
        try
        {
            foreach (ref readonly FilePart part in parts)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThan(part.Offset, size);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(part.Size, size - part.Offset);
                Show(part);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the bytes of a page; no bytes for a page of zeros.</summary>
    /// <param name="offset">The offset of the page in the memory, a multiple of the page size.</param>
    public ReadOnlySpan<byte> this[ulong offset] =>
        _pages[offset / GuestLayout.PageSize] is ({ } view, ulong place) ? view.Page(place) : [];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (WindowsMemory view in _views.Values)
        {
            view.Dispose();
        }
    }

    private void Show(in FilePart part)
    {
        if (!_views.TryGetValue(part.File, out WindowsMemory? view))
        {
            view = WindowsMemory.MapReadOnly(part.File, (ulong)RandomAccess.GetLength(part.File));
            _views.Add(part.File, view);
        }

        for (ulong done = 0; done < part.Size; done += GuestLayout.PageSize)
        {
            _pages[(part.Offset + done) / GuestLayout.PageSize] = (view, part.FileOffset + done);
        }
    }
}
