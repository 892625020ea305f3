using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

// Linux: open(2) and openat(2), because the methods of .NET wait for a pipe and follow links.
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

    private static bool HasLinuxCalls =>
        OperatingSystem.IsLinux() && (IsArm || RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86);

    private static SafeFileHandle OpenLinux(string path) => Require(Retry(() => OpenPath(path, Always)), path);

    private static SafeFileHandle OpenFolderLinux(string path) => Require(Retry(() => OpenPath(path, Always | IsFolder)), path);

    private static SafeFileHandle OpenAtLinux(SafeFileHandle folder, string name, string path, bool isFolder) =>
        Require(Retry(() => OpenAt(folder, name, Always | NoLink | (isFolder ? IsFolder : 0))), path);

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
