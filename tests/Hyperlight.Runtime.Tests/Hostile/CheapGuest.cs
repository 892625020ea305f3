using Hyperlight.Elf;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// An amd64 guest of a few instructions, so that an emulated processor can run it many times. The guest answers every call with the same
/// number.
/// <code>
///   start:    lea rax, [rip+dispatch]; and rsp, -16; mov edx, 108; out dx, eax
///   dispatch: lea rsi, [rip+answer]; mov rdi, output; mov ecx, words; cld; rep movsq;
///             mov rdi, input; mov dword [rdi], 8; mov edx, 108; out dx, eax
///   answer:   the content of the output buffer, with one message
/// </code>
/// </summary>
internal sealed class CheapGuest
{
    /// <summary>The guest's answer.</summary>
    public const int Answer = -42;

    /// <summary>Whether the guest crashes in its initialisation.</summary>
    public bool FailsAtStart { get; init; }

    public TestGuest Bake()
    {
        byte[] answer = ScriptedGuest.Framed(RecordedMessages.Get("result-int"));
        byte[] start = FailsAtStart ? [0x0F, 0x0B] : [0x48, 0x8D, 0x05, 0x0A, 0, 0, 0, 0x48, 0x83, 0xE4, 0xF0, 0xBA, 108, 0, 0, 0, 0xEF];
        byte[] copied =
        [
            .. GuestCode.Load(true, 0xFFFF_FFFF_FFFB_B000), 0x48, 0x89, 0xC7, 0xB9, (byte)(answer.Length / sizeof(ulong)), 0, 0, 0, 0xFC,
            0xF3, 0x48, 0xA5,
            .. GuestCode.Store(true, 0xFFFF_FFFF_FFFB_7000, 8), .. GuestCode.Out(108),
        ];
        return TestGuest.FromElf(TestElf.Amd64()
            .WithoutSegments()
            .WithSegment(
                0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute,
                [.. start, 0x48, 0x8D, 0x35, (byte)copied.Length, 0, 0, 0, .. copied, .. answer])
            .WithEntry(0)
            .Build());
    }
}
