using System.Runtime.InteropServices;

namespace Hyperlight.Memory.Linux;

/// <summary>
/// The kernel's calls for memory mappings: mmap(2), munmap(2), mprotect(2), madvise(2). The numbers are those of <c>asm-generic/mman.h</c>
/// and of Linux on x86-64.
/// </summary>
internal static unsafe partial class Mman
{
    public const int ProtNone = 0;
    public const int ProtRead = 1;
    public const int ProtWrite = 2;

    public const int MapShared = 0x01;
    public const int MapPrivate = 0x02;
    public const int MapFixed = 0x10;
    public const int MapAnonymous = 0x20;
    public const int MapNoReserve = 0x4000;

    /// <summary>The result of <see cref="Map(void*, nuint, int, int, int, long)"/> after a failure.</summary>
    public static readonly void* Failed = (void*)-1;

    /// <summary>Maps anonymous memory. The argument for <paramref name="file"/> is -1.</summary>
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Map(void* address, nuint size, int protection, int flags, int file, long offset);

    /// <summary>Maps a file or a device.</summary>
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Map(void* address, nuint size, int protection, int flags, SafeHandle file, long offset);

    /// <summary>Drops private pages: anonymous memory is zero again, and a view of a file shows the file.</summary>
    public const int AdviseDontNeed = 4;

    /// <summary>Allows the kernel to drop anonymous pages, until they are written again.</summary>
    public const int AdviseFree = 8;

    /// <summary>Gives memory in small pages only. Kernels without large pages refuse this advice.</summary>
    public const int AdviseNoHugePages = 15;

    /// <summary>Keeps a range out of core files of this process.</summary>
    public const int AdviseDontDump = 16;

    /// <summary>Makes pages inaccessible and leaves the mapping whole. Kernels before Linux 6.13 refuse this advice.</summary>
    public const int AdviseGuard = 102;

    /// <summary>Unmaps a range.</summary>
    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(void* address, nuint size);

    /// <summary>Changes the permissions of a range.</summary>
    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(void* address, nuint size, int protection);

    /// <summary>Gives the kernel advice about a range.</summary>
    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Advise(void* address, nuint size, int advice);
}
