using System.ComponentModel;
using System.Runtime.InteropServices;

/// <summary>
/// Runs before the program (environment variable DOTNET_STARTUP_HOOKS) and lets .NET survive its exceptions in Wine 8.0.
/// </summary>
/// <remarks>
/// <para>
/// Before Wine calls an exception handler of a 64-bit program, Wine puts a frame of its own into the thread's list of frames (the first
/// field of the TEB). .NET catches an exception that its native code raised by a jump to the catch block and leaves the frame in the list,
/// because 64-bit Windows has no such list. The memory of the frame is then used for other things. The next native exception of the thread
/// makes Wine call whatever the memory contains now: the program crashes or hangs.
/// </para>
/// <para>
/// The hook adds a vectored handler, which Wine calls before it reads the list. A frame below the stack pointer at which the exception was
/// raised belongs to a function that has ended; then the handler empties the list.
/// </para>
/// </remarks>
internal static unsafe partial class StartupHook
{
    private const uint CommitAndReserve = 0x3000;
    private const uint ReadWriteExecute = 0x40;

    private static ReadOnlySpan<byte> Handler =>
    [
        0x48, 0x8B, 0x41, 0x08, // mov rax, [rcx + 8]                the context of EXCEPTION_POINTERS
        0x48, 0x8B, 0x80, 0x98, 0x00, 0x00, 0x00, // mov rax, [rax + 0x98]  RSP of the context
        0x65, 0x48, 0x39, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00, // cmp gs:[0], rax
        0x73, 0x0D, // jae end
        0x65, 0x48, 0xC7, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, // mov qword gs:[0], -1
        0x31, 0xC0, // end: xor eax, eax                             EXCEPTION_CONTINUE_SEARCH
        0xC3, // ret
    ];

    /// <summary>Adds the handler. The runtime calls this method by its name.</summary>
    public static void Initialize()
    {
        void* code = VirtualAlloc(null, (nuint)Handler.Length, CommitAndReserve, ReadWriteExecute);
        if (code is null)
        {
            throw new Win32Exception();
        }

        Handler.CopyTo(new Span<byte>(code, Handler.Length));
        if (AddVectoredExceptionHandler(1, code) is null)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint kind, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial void* AddVectoredExceptionHandler(uint first, void* handler);
}
