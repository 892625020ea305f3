using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// An amd64 guest without the guest kit: the initialisation ends at once, and every call runs the given code. Calls fail because they
/// return no result; the sandbox is not poisoned by that.
/// <code>
///   lea rax, [rip+dispatch]; and rsp, -16; mov edx, 108; out dx, eax; hlt
///   dispatch: …; mov edx, 108; out dx, eax; hlt
/// </code>
/// </summary>
internal static class TinyElf
{
    private static readonly byte[] Start = [0x48, 0x8D, 0x05, 0x0B, 0, 0, 0, 0x48, 0x83, 0xE4, 0xF0, 0xBA, 0x6C, 0, 0, 0, 0xEF, 0xF4];
    private static readonly byte[] End = [0xBA, 0x6C, 0, 0, 0, 0xEF, 0xF4];

    public static TestGuest Guest(params byte[] dispatch) => TestGuest.FromElf(Elf(dispatch).Build());

    public static TestElf Elf(params byte[] dispatch) => TestElf.Amd64()
        .WithoutSegments()
        .WithSegment(0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, [.. Start, .. dispatch, .. End])
        .WithEntry(0);
}
