using System.Runtime.InteropServices;
using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

/// <summary>Reads and writes the memory of another process.</summary>
internal static unsafe partial class OtherMemory
{
    // MEM_COMMIT of winnt.h.
    private const uint Committed = 0x1000;

    /// <summary>Reads a byte.</summary>
    /// <returns>-1 if the process has no memory there.</returns>
    public static int Read(IMemorySource source, ulong address)
    {
        // Wine reads addresses that are free.
        byte value;
        return Query(source, address).State == Committed
            && ReadProcessMemory(source.Process!.Value, (void*)address, &value, 1, null) != 0 ? value : -1;
    }

    /// <summary>Writes a byte.</summary>
    public static bool TryWrite(IMemorySource source, ulong address, byte value) =>
        WriteProcessMemory(source.Process!.Value, (void*)address, &value, 1, null) != 0;

    /// <summary>Gets the protection of a page.</summary>
    public static uint ProtectionAt(IMemorySource source, ulong address) => Query(source, address).Protection;

    /// <summary>Gets the identifier of the process.</summary>
    public static int IdOf(IMemorySource source) => GetProcessId(source.Process!.Value);

    private static BasicInformation Query(IMemorySource source, ulong address)
    {
        BasicInformation information;
        Assert.NotEqual(0U, VirtualQueryEx(source.Process!.Value, (void*)address, &information, (nuint)sizeof(BasicInformation)));
        return information;
    }

    [LibraryImport("kernel32")]
    private static partial int ReadProcessMemory(nint process, void* address, void* buffer, nuint size, nuint* read);

    [LibraryImport("kernel32")]
    private static partial int WriteProcessMemory(nint process, void* address, void* buffer, nuint size, nuint* written);

    [LibraryImport("kernel32")]
    private static partial nuint VirtualQueryEx(nint process, void* address, BasicInformation* information, nuint size);

    [LibraryImport("kernel32")]
    private static partial int GetProcessId(nint process);

    /// <summary><c>MEMORY_BASIC_INFORMATION</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    private struct BasicInformation
    {
        [FieldOffset(32)]
        public uint State;

        [FieldOffset(36)]
        public uint Protection;
    }
}
