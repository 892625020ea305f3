using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

// Windows: CreateFile for paths, and NtCreateFile for names below an open folder, which CreateFile cannot open.
internal static unsafe partial class OrdinaryFile
{
    // fileapi.h, winnt.h, winbase.h. Folders can be opened for backup only. A pipe learns nothing about who opens it (anonymous).
    private const uint ReadAccess = 0x80000000;
    private const uint ListFolder = 0x0001;
    private const uint ReadAttributes = 0x0080;
    private const uint Synchronize = 0x00100000;
    private const uint OpenExisting = 3;
    private const uint ForBackup = 0x02000000;
    private const uint Anonymous = 0x00100000;
    private const uint DiskFile = 1;

    // winternl.h. Reads wait until they are done, and a link is opened itself.
    private const uint OpenOnly = 1;
    private const uint IgnoreCase = 0x40;
    private const uint Waiting = 0x20;
    private const uint LinkItself = 0x00200000;

    // winerror.h.
    private const int WindowsAccessDenied = 5;
    private const int WindowsNotAFolder = 267;

    // The longest path that Windows takes without a prefix, which turns off the limit.
    private const int LongestShortPath = 259;

    private static SafeFileHandle OpenWindows(string path, FileShare share) =>
        CreateFile(Extend(path), ReadAccess, share, 0, OpenExisting, ForBackup | Anonymous, 0) is { IsInvalid: false } file
            ? file
            : throw Failure(Marshal.GetLastPInvokeError(), path);

    private static SafeFileHandle OpenFolderWindows(string path)
    {
        SafeFileHandle folder = CreateFile(
            Extend(path), ListFolder | Synchronize, FileShare.ReadWrite | FileShare.Delete, 0, OpenExisting, ForBackup | Anonymous, 0);
        return folder.IsInvalid ? throw Failure(Marshal.GetLastPInvokeError(), path) : folder;
    }

    private static SafeFileHandle OpenAtWindows(SafeFileHandle folder, string name, string path, bool isFolder)
    {
        // CreateFile adds the right to read attributes by itself, NtCreateFile does not.
        uint access = Synchronize | ReadAttributes | (isFolder ? ListFolder : ReadAccess);
        FileShare share = isFolder ? FileShare.ReadWrite | FileShare.Delete : FileShare.Read;
        SafeFileHandle file;
        fixed (char* characters = name)
        {
            UnicodeString text = new() { Length = checked((ushort)(name.Length * sizeof(char))), Characters = characters };
            text.Capacity = text.Length;
            ObjectAttributes attributes = new()
            {
                Size = (uint)sizeof(ObjectAttributes),
                Folder = folder.DangerousGetHandle(),
                Name = &text,
                Flags = IgnoreCase,
            };
            StatusBlock block;
            nint handle;

            // Sound: the folder is open until the caller disposes it, and everything that the pointers lead to is on this stack or fixed.
            int status = NtCreateFile(
                &handle, access, &attributes, &block, null, 0, (uint)share, OpenOnly, Waiting | LinkItself, null, 0);
            file = status >= 0 ? new(handle, ownsHandle: true) : throw Failure(ErrorOf(status), path);
        }

        // A reparse point is a link, or a file whose content another program provides.
        FileAttributes found = File.GetAttributes(file);
        if (found.HasFlag(FileAttributes.ReparsePoint) || (isFolder && !found.HasFlag(FileAttributes.Directory)))
        {
            file.Dispose();
            throw new InvalidDataException($"'{path}' is a link{(isFolder ? " or no folder" : " or another reparse point")}");
        }

        return file;
    }

    private static Exception Failure(int error, string path) => error switch
    {
        WindowsNotAFolder => new InvalidDataException($"'{path}' is no folder"),
        WindowsAccessDenied => new UnauthorizedAccessException($"Access to '{path}' is denied."),
        _ => new IOException($"'{path}': {Marshal.GetPInvokeErrorMessage(error).TrimEnd('.')}."),
    };

    /// <summary>Gives a long path the prefix without which Windows refuses the path.</summary>
    private static string Extend(string path)
    {
        string full = Path.GetFullPath(path);
        return full.Length <= LongestShortPath || full.StartsWith(@"\\?\", StringComparison.Ordinal)
                || full.StartsWith(@"\\.\", StringComparison.Ordinal) ? full
            : full.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + full[2..]
            : @"\\?\" + full;
    }

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(
        string path, uint access, FileShare share, nint security, uint how, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "GetFileType")]
    private static partial uint KindOf(SafeFileHandle file);

    [LibraryImport("ntdll")]
    private static partial int NtCreateFile(
        nint* file,
        uint access,
        ObjectAttributes* attributes,
        StatusBlock* status,
        long* size,
        uint fileAttributes,
        uint share,
        uint how,
        uint options,
        void* extended,
        uint extendedSize);

    [LibraryImport("ntdll", EntryPoint = "RtlNtStatusToDosError")]
    private static partial int ErrorOf(int status);

    /// <summary><c>UNICODE_STRING</c>. Sizes are bytes.</summary>
    private struct UnicodeString
    {
        public ushort Length;
        public ushort Capacity;
        public char* Characters;
    }

    /// <summary><c>OBJECT_ATTRIBUTES</c>.</summary>
    private struct ObjectAttributes
    {
        public uint Size;
        public nint Folder;
        public UnicodeString* Name;
        public uint Flags;
        public void* Security;
        public void* Impersonation;
    }

    /// <summary><c>IO_STATUS_BLOCK</c>.</summary>
    private struct StatusBlock
    {
        public nint Status;
        public nuint Information;
    }
}
