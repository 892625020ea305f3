using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

// Windows loads no library of this assembly from the folder of the program, where others may have put one.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.System32)]

namespace Hyperlight.Files;

/// <summary>
/// Finds out whether the content of a file is on this computer or comes from a server or another program. A guest that touches a page of a
/// remote file waits inside the kernel, where no timeout can end the wait. Remote files are therefore copied before a guest uses them.
/// </summary>
internal static unsafe partial class FileSystem
{
    // fstatfs(2). The buffer has at least the size of struct statfs in any C library. The first word is the kind of file system
    // (linux/magic.h, and the headers of the file systems).
    private const int StatisticsSize = 256;

    private static readonly FrozenSet<uint> Local = FrozenSet.Create<uint>(
        0x0000_EF53, // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683E, // Btrfs
        0xCA45_1A4E, // bcachefs
        0xF2F5_2010, // F2FS
        0x2FC1_2FC1, // ZFS
        0x3153_464A, // JFS
        0x5265_4973, // ReiserFS
        0x0102_1994, // tmpfs
        0x8584_58F6, // ramfs
        0x794C_7630, // overlayfs
        0x7371_7368, // SquashFS
        0xE0F5_E1E2, // EROFS
        0x0000_9660, // ISO 9660
        0x1501_3346, // UDF
        0x0000_4D44, // FAT
        0x2011_BAB0, // exFAT
        0x7366_746E); // NTFS of the kernel

    // The names that Windows gives its own file systems.
    private static readonly FrozenSet<string> LocalNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "NTFS", "ReFS", "FAT", "FAT32", "exFAT", "UDF", "CDFS");

    // winbase.h, winnt.h. The path of a file on a drive of this computer begins with this prefix and the drive: \\?\C:\
    private const string Prefix = @"\\?\";
    private const int DriveLength = 3;
    private const int LongestName = 261;
    private const uint FixedDrive = 3;
    private const uint MemoryDrive = 6;
    private const FileAttributes ProvidedByProgram = FileAttributes.Offline | (FileAttributes)0x440000;

    /// <summary>Checks whether the content of a file is on this computer. Unknown kinds of file systems count as remote.</summary>
    public static bool IsLocal(SafeFileHandle file) =>
        OperatingSystem.IsWindows() ? IsLocalOnWindows(file) : OperatingSystem.IsLinux() && IsLocalOnLinux(file);

    private static bool IsLocalOnLinux(SafeFileHandle file)
    {
        byte[] statistics = new byte[StatisticsSize];
        return GetStatistics(file, statistics) == 0 && Local.Contains(BinaryPrimitives.ReadUInt32LittleEndian(statistics));
    }

    private static bool IsLocalOnWindows(SafeFileHandle file)
    {
        // A drive that can be removed may be gone when a guest reads.
        Span<char> path = new char[short.MaxValue];
        Span<char> name = stackalloc char[LongestName];
        fixed (char* pathStart = path, nameStart = name)
        {
            uint length = GetPath(file, pathStart, (uint)path.Length, 0);
            return length > Prefix.Length + DriveLength && length < path.Length
                && path.StartsWith(Prefix)
                && GetDriveKind(path.Slice(Prefix.Length, DriveLength).ToString()) is FixedDrive or MemoryDrive
                && GetVolume(file, null, 0, null, null, null, nameStart, LongestName) != 0
                && LocalNames.Contains(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(nameStart).ToString())
                && (File.GetAttributes(file) & ProvidedByProgram) == 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int GetStatistics(SafeFileHandle file, [Out] byte[] statistics);

    [LibraryImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW")]
    private static partial uint GetPath(SafeFileHandle file, char* path, uint capacity, uint kind);

    [LibraryImport("kernel32", EntryPoint = "GetDriveTypeW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetDriveKind(string root);

    [LibraryImport("kernel32", EntryPoint = "GetVolumeInformationByHandleW")]
    private static partial int GetVolume(
        SafeFileHandle file, char* label, uint labelSize, uint* number, uint* longest, uint* flags, char* name, uint nameSize);
}
