using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Linux;

/// <summary>
/// Tells which pages of this process have content. Linux has one word for each page of the address space in /proc/self/pagemap (the
/// kernel's Documentation/admin-guide/mm/pagemap.rst). A page that the kernel has touched for a hypervisor counts too, because the kernel
/// touches pages through the process's own page tables.
/// </summary>
internal static class PageMap
{
    // The bits of an entry. A page that is neither present nor swapped has never been written, or was dropped, and reads as zero.
    private const ulong Present = 1UL << 63;
    private const ulong Swapped = 1UL << 62;
    private const ulong OfFile = 1UL << 61;

    // The file cannot be opened without /proc, or in a process that may not be inspected. A failure is not remembered, because a lack of
    // descriptors may end.
    private static SafeFileHandle? _file;

    /// <summary>Reads the entries of a range of pages.</summary>
    /// <param name="address">The address of the first page.</param>
    /// <param name="entries">Receives the entries. Its length is the number of pages.</param>
    /// <returns>Whether the entries could be read.</returns>
    public static bool TryRead(ulong address, Span<ulong> entries)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(entries);
        return (_file ??= TryOpen("/proc/self/pagemap")) is { } file
            && RandomAccess.Read(file, bytes, checked((long)(address / GuestLayout.PageSize * sizeof(ulong)))) == bytes.Length;
    }

    /// <summary>Says whether a page may have content other than zeros: the page is in memory, swapped out, or being moved.</summary>
    public static bool HasContent(ulong entry) => (entry & (Present | Swapped)) != 0;

    /// <summary>
    /// Says whether a page of a private view or of allocated memory belongs to the process alone: it was written after the view was mapped
    /// or the memory allocated.
    /// </summary>
    public static bool IsOwn(ulong entry) => HasContent(entry) && (entry & OfFile) == 0;

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
