using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Linux;

/// <summary>
/// Which pages of this process have content: /proc/self/pagemap (the kernel's Documentation/admin-guide/mm/pagemap.rst), one word for each page of the
/// address space. A page that the kernel has touched for a hypervisor is there as well: it touches pages through the process's own page tables.
/// </summary>
internal static class PageMap
{
    // Bits of an entry. A page that is neither has never been written, or was forgotten: it reads as zero.
    private const ulong Present = 1UL << 63;
    private const ulong Swapped = 1UL << 62;
    private const ulong OfFile = 1UL << 61;

    // Without /proc, or in a process that may not be looked into, there is none. A failure is not remembered: descriptors may be short for a moment only.
    private static SafeFileHandle? _file;

    /// <summary>Finds the pages of a range that have content.</summary>
    /// <param name="address">Where the range starts, page-aligned.</param>
    /// <param name="entries">One element for each page; receives what the kernel says.</param>
    /// <returns>Whether the kernel has said it.</returns>
    public static bool TryRead(ulong address, Span<ulong> entries)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(entries);
        return (_file ??= TryOpen("/proc/self/pagemap")) is { } file && RandomAccess.Read(file, bytes, checked((long)(address / GuestLayout.PageSize * sizeof(ulong)))) == bytes.Length;
    }

    /// <summary>Whether a page can be anything but zero: it is in memory, or swapped out, or being moved.</summary>
    public static bool HasContent(ulong entry) => (entry & (Present | Swapped)) != 0;

    /// <summary>Whether a page of a private view or of allocated memory is the process's own: no longer the file's, and not the zeros that it had at first.</summary>
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
