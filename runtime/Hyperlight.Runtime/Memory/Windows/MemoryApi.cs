using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Windows;

/// <summary>
/// The calls of Windows for sections and address ranges. Names and numbers are those of <c>memoryapi.h</c>, <c>winnt.h</c> and
/// <c>werapi.h</c>.
/// </summary>
internal static unsafe partial class MemoryApi
{
    public const uint PageNoAccess = 0x01;
    public const uint PageReadOnly = 0x02;
    public const uint PageReadWrite = 0x04;

    public const uint FileMapWrite = 0x02;
    public const uint FileMapRead = 0x04;

    public const uint Reserve = 0x2000;
    public const uint Release = 0x8000;

    /// <summary>ERROR_INVALID_ADDRESS of <c>winerror.h</c>: something else has the addresses.</summary>
    public const int AddressesTaken = 487;

    /// <summary>Addresses and sizes of reservations and views begin at multiples of this number of bytes on every Windows.</summary>
    public const ulong Granularity = 0x10000;

    /// <summary>Creates a section without a name: of a file, or of the paging file if <paramref name="file"/> is invalid.</summary>
    [LibraryImport("kernel32", EntryPoint = "CreateFileMappingW", SetLastError = true)]
    public static partial SafeMemoryMappedFileHandle CreateSection(
        SafeFileHandle file, SecurityAttributes* security, uint protection, uint sizeHigh, uint sizeLow, char* name);

    /// <summary>Maps a view of a section into this process.</summary>
    [LibraryImport("kernel32", EntryPoint = "MapViewOfFileEx", SetLastError = true)]
    public static partial void* Map(
        SafeMemoryMappedFileHandle section, uint access, uint offsetHigh, uint offsetLow, nuint size, void* address);

    /// <summary>Unmaps a view from this process.</summary>
    [LibraryImport("kernel32", EntryPoint = "UnmapViewOfFile", SetLastError = true)]
    public static partial int Unmap(void* address);

    /// <summary>Reserves a range of addresses.</summary>
    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
    public static partial void* Allocate(void* address, nuint size, uint kind, uint protection);

    /// <summary>Releases a reservation. The size is 0.</summary>
    [LibraryImport("kernel32", EntryPoint = "VirtualFree", SetLastError = true)]
    public static partial int Free(void* address, nuint size, uint kind);

    /// <summary>Changes the protection of pages.</summary>
    [LibraryImport("kernel32", EntryPoint = "VirtualProtect", SetLastError = true)]
    public static partial int Protect(void* address, nuint size, uint protection, uint* before);

    /// <summary>Keeps a range out of reports about a crash of this process. Windows 10 1709 and later have the call.</summary>
    [LibraryImport("kernel32", EntryPoint = "WerRegisterExcludedMemoryBlock")]
    public static partial int ExcludeFromReports(void* address, uint size);

    /// <summary>Takes back <see cref="ExcludeFromReports"/>.</summary>
    [LibraryImport("kernel32", EntryPoint = "WerUnregisterExcludedMemoryBlock")]
    public static partial int IncludeInReports(void* address);
}
