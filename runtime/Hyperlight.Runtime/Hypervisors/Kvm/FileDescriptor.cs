using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A file descriptor of /dev/kvm, a virtual machine or a virtual processor.</summary>
internal sealed partial class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    // asm-generic/fcntl.h.
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;

    /// <summary>Takes over a descriptor that a call returned.</summary>
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens a device for reading and writing; child processes do not inherit it.</summary>
    /// <returns>The descriptor, invalid after a failure, and the error number of the failure.</returns>
    public static (FileDescriptor Device, int Error) TryOpen(string path)
    {
        // A marshalled handle would be as wide as a pointer, and the upper half of it undefined.
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
