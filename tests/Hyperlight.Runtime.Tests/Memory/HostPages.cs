using System.Runtime.InteropServices;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>The pages of this process on Linux.</summary>
internal static unsafe partial class HostPages
{
    private const int BadAddress = 14;

    /// <summary>Asserts that an access that runs past either end of memory faults.</summary>
    public static void AssertGuarded(MappedMemory memory)
    {
        Assert.Equal(0, TryAccess(memory.Address));
        Assert.Equal(0, TryAccess(memory.Address + memory.Size - 1));
        Assert.Equal(BadAddress, TryAccess(memory.Address - 1));
        Assert.Equal(BadAddress, TryAccess(memory.Address - 0x1000));
        Assert.Equal(BadAddress, TryAccess(memory.Address + memory.Size));
        Assert.Equal(BadAddress, TryAccess(memory.Address + memory.Size + 0xFFF));
    }

    /// <summary>Lets the kernel read a byte and write the same byte, which does not fault.</summary>
    /// <returns>The error number of the kernel; 0 if the byte can be read and written.</returns>
    private static int TryAccess(ulong address)
    {
        byte value;
        IoVector own = new() { Start = (ulong)&value, Length = 1 };
        IoVector other = new() { Start = address, Length = 1 };
        return Read(Environment.ProcessId, &own, 1, &other, 1, 0) == 1 && Write(Environment.ProcessId, &own, 1, &other, 1, 0) == 1
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint Read(int process, IoVector* own, nuint ownCount, IoVector* other, nuint otherCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev", SetLastError = true)]
    private static partial nint Write(int process, IoVector* own, nuint ownCount, IoVector* other, nuint otherCount, nuint flags);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public ulong Start;
        public ulong Length;
    }
}
