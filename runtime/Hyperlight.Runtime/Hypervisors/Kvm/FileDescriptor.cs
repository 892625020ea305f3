using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A file descriptor: of /dev/kvm, a virtual machine, a virtual processor or an event.</summary>
internal sealed partial class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    // asm-generic/fcntl.h.
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;

    /// <summary>Takes over a descriptor that the kernel returned.</summary>
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens a device for reading and writing. Child processes do not inherit the descriptor.</summary>
    /// <returns>The descriptor, invalid after a failure, and the error number of the failure, 0 if there was none.</returns>
    public static (FileDescriptor Device, int Error) TryOpen(string path)
    {
        // The kernel returns 32 bits. The marshaller would read a handle of 64 bits, of which the upper half is undefined.
        int descriptor = Open(path, ReadWrite | CloseOnExec);
        int error = Marshal.GetLastPInvokeError();
        return (new(descriptor), descriptor < 0 ? error : 0);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
