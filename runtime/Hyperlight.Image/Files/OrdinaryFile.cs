using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>
/// Opens files without waiting for the other end of a pipe. The checks look at the opened file, not at the path, which may lead elsewhere
/// a moment later. On Linux the calls are
/// open(2) and openat(2), because the methods of .NET wait for a pipe and follow links.
/// </summary>
internal static partial class OrdinaryFile
{
    // asm-generic/fcntl.h. The values of IsFolder and NoLink differ on ARM (asm/fcntl.h).
    private const int NoTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int Always = NoTerminal | NonBlocking | CloseOnExec;

    // asm-generic/errno-base.h, asm-generic/errno.h.
    private const int Interrupted = 4;
    private const int NoDeviceOrAddress = 6;
    private const int AccessDenied = 13;
    private const int NotAFolder = 20;
    private const int TooManyLinks = 40;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
    private static readonly int IsFolder = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoLink = IsArm ? 0x8000 : 0x20000;

    private static bool HasCalls =>
        OperatingSystem.IsLinux() && (IsArm || RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86);

    /// <summary>Opens a file for reading. The path may contain links.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The path is not a file with content.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle Open(string path) => Check(
        HasCalls
            ? Require(Retry(() => OpenPath(path, Always)), path)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite),
        path);

    /// <summary>
    /// Opens a file for reading. The file may be empty, and a device, which has no length, counts as an empty file. The path may contain
    /// links.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The path is not a file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle OpenOrEmpty(string path) => Check(
        HasCalls
            ? Require(Retry(() => OpenPath(path, Always)), path)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite),
        path,
        leastLength: 0);

    /// <summary>Opens a file below a folder for reading. Links are followed in the path of the folder only.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">The names of the folders between the folder and the file, and the name of the file.</param>
    /// <exception cref="InvalidDataException">One of the names is a link, or the last one is not a file with content.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle OpenBelow(string folder, params ReadOnlySpan<string> names)
    {
        if (!HasCalls)
        {
            return OpenBelowByPath(folder, names);
        }

        string path = folder;
        SafeFileHandle current = Require(Retry(() => OpenPath(folder, Always | IsFolder)), path);
        for (int i = 0; i < names.Length; i++)
        {
            string name = names[i];
            path = Path.Combine(path, name);
            using SafeFileHandle parent = current;
            int flags = Always | NoLink | (i + 1 < names.Length ? IsFolder : 0);
            current = Require(Retry(() => OpenAt(parent, name, flags)), path);
        }

        return Check(current, path);
    }

    private static SafeFileHandle OpenBelowByPath(string folder, ReadOnlySpan<string> names)
    {
        string path = folder;
        foreach (string name in names)
        {
            path = Path.Combine(path, name);
            FileInfo file = new(path);
            if (file.LinkTarget is not null)
            {
                throw new InvalidDataException($"'{path}' is a link");
            }
        }

        return Check(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read), path);
    }

    /// <summary>Checks that the handle is a file: folders, pipes, and files below the least length are refused.</summary>
    private static SafeFileHandle Check(SafeFileHandle file, string path, long leastLength = 1)
    {
        try
        {
            if (File.GetAttributes(file).HasFlag(FileAttributes.Directory))
            {
                throw new InvalidDataException($"'{path}' is a folder");
            }

            if (RandomAccess.GetLength(file) < leastLength)
            {
                throw new InvalidDataException($"'{path}' is empty or no ordinary file");
            }

            return file;
        }
        catch (NotSupportedException)
        {
            file.Dispose();
            throw new InvalidDataException($"'{path}' is a pipe and no ordinary file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static int Retry(Func<int> open)
    {
        int descriptor;
        do
        {
            descriptor = open();
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return descriptor;
    }

    private static SafeFileHandle Require(int descriptor, string path)
    {
        if (descriptor >= 0)
        {
            return new(descriptor, ownsHandle: true);
        }

        int error = Marshal.GetLastPInvokeError();
        throw error switch
        {
            TooManyLinks => new InvalidDataException($"'{path}' is a link"),
            NotAFolder => new InvalidDataException($"'{path}' is a link or no folder"),
            NoDeviceOrAddress => new InvalidDataException($"'{path}' is no ordinary file"),
            AccessDenied => new UnauthorizedAccessException($"Access to '{path}' is denied."),
            _ => new IOException($"'{path}': {Marshal.GetPInvokeErrorMessage(error)}."),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(SafeFileHandle folder, string name, int flags);
}
