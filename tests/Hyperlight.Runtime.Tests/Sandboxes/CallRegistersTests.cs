using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests the registers at the start of a call (i686 sheet, section 3.3). The guest fills the registers with junk and ends its
/// initialisation. In a call it writes one value to a port without a device, and the message of the exception has the value.
/// </summary>
[Wine]
public class CallRegistersTests
{
    private const byte NoSuchPort = 77;
    private const uint Stack = 0x7F00;
    private const uint FreePage = 0xFFFF_D000; // The end of a free page in the scratch region of each layout.
    private const uint Junk = 0x5555_5555;
    private const ulong FlagsWithFlush = 0x42;

    // mov eax, …
    public static TheoryData<string, byte[], ulong> Registers => new()
    {
        { "eax", [0x89, 0xC0], 0 },
        { "ebx", [0x89, 0xD8], 0 },
        { "ecx", [0x89, 0xC8], 0 },
        { "edx", [0x89, 0xD0], 0 },
        { "esi", [0x89, 0xF0], 0 },
        { "edi", [0x89, 0xF8], 0 },
        { "ebp", [0x89, 0xE8], 0 },
        { "esp, as it was left", [0x89, 0xE0], Stack },
        { "cr2, as it was left", [0x0F, 0x20, 0xD0], Junk },
    };

    [KvmTheory]
    [MemberData(nameof(Registers))]
    public void A_call_starts_with_empty_registers_and_what_the_guest_left(string register, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(register);
        Assert.Equal(value, Call("identity", [0x66, .. toEax, 0x66, 0xE7, NoSuchPort]));
        Assert.Equal(value, Call("flat", [.. toEax, 0xE7, NoSuchPort]));
    }

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(Registers))]
    public void A_call_with_paging_starts_with_empty_registers_and_what_the_guest_left(string register, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(register);
        Assert.Equal(value, Call("paged", [.. toEax, 0xE7, NoSuchPort]));
    }

    public static TheoryData<string, byte[], ulong> Others => new()
    {
        { "eflags", [0x9C, 0x58], 0x2 }, // pushfd; pop eax
        { "the x87 control word", [0x50, 0xD9, 0x3C, 0x24, 0x58], 0x37F }, // push eax; fnstcw [esp]; pop eax
        { "ds, as it was left", [0x8C, 0xD8], 0 },
    };

    [KvmTheory]
    [MemberData(nameof(Others))]
    public void A_call_starts_with_clean_flags_and_a_clean_coprocessor(string what, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(what);
        Assert.Equal(value, Call("flat", OnScratch(toEax)));
    }

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(Others))]
    public void A_call_with_paging_starts_with_clean_flags_and_a_clean_coprocessor(string what, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(what);
        Assert.Equal(value, Call("paged", OnScratch(toEax)));
    }

    /// <summary>Without paging there are no translations to flush.</summary>
    [KvmFact]
    public void The_first_call_after_a_restore_does_not_ask_an_unpaged_guest_to_flush() =>
        Assert.Equal(0x2UL, Call("flat", OnScratch([0x9C, 0x58]), isRestored: true));

    [KvmFact(Needs.Paging32)]
    public void The_first_call_after_a_restore_asks_a_paged_guest_to_flush() =>
        Assert.Equal(FlagsWithFlush, Call("paged", OnScratch([0x9C, 0x58]), isRestored: true));

    /// <summary>mov esp, free page; …; out 77, eax</summary>
    private static byte[] OnScratch(byte[] toEax) => [0xBC, .. BitConverter.GetBytes(FreePage), .. toEax, 0xE7, NoSuchPort];

    private static ulong Call(string layout, byte[] code, bool isRestored = false)
    {
        uint start = BareGuest.Addresses[layout];
        byte[] prologue = Leave(dispatch: start, layout);
        prologue = Leave(dispatch: start + (uint)prologue.Length, layout);
        using TestGuest guest = BareGuest.At(start, [.. prologue, .. code]);
        using Sandbox sandbox = guest.Start();
        if (isRestored)
        {
            using Snapshot snapshot = sandbox.TakeSnapshot();
            sandbox.Restore(snapshot);
        }

        string message = Assert.Throws<GuestProtocolException>(() => sandbox.Call("F")).Message;
        Assert.Contains($" to port {NoSuchPort}", message, StringComparison.Ordinal);
        return Convert.ToUInt64(message.Split("wrote 0x")[1].Split(' ')[0], 16);
    }

    /// <summary>Fills all registers with junk and ends the initialisation. 16-bit code has the prefix for operands of 32 bits.</summary>
    private static byte[] Leave(uint dispatch, string layout)
    {
        byte[] prefix = layout == "identity" ? [0x66] : [];
        byte[] Load(int register, uint value) => [.. prefix, (byte)(0xB8 + register), .. BitConverter.GetBytes(value)];

        // push 0x77F; fldcw [esp]: rounds down. Only with paging, because KVMs that emulate lack the instruction. xor ebx, ebx; mov ds, ebx
        byte[] rounding = layout == "paged" ? [.. Load(4, FreePage), 0x68, 0x7F, 0x07, 0, 0, 0xD9, 0x2C, 0x24] : [];
        byte[] segment = layout == "identity" ? [] : [0x31, 0xDB, 0x8E, 0xDB];
        return
        [
            // mov cr2, eax; std
            .. rounding, .. segment, .. Load(0, Junk), 0x0F, 0x22, 0xD0, 0xFD,
            .. Enumerable.Range(1, 3).SelectMany(register => Load(register, Junk)),
            .. Enumerable.Range(5, 3).SelectMany(register => Load(register, Junk)),
            .. Load(4, Stack), .. Load(0, dispatch), 0xE6, 108,
        ];
    }
}
