using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests the registers and the words in scratch at the first instruction of a guest (i686 sheet, sections 3.1 and 3.2). Each guest writes
/// one value to a port without a device, and the message of the exception has the value.
/// </summary>
[Wine]
public class EntryRegistersTests
{
    private const byte OperandSize = 0x66;
    private const byte NoSuchPort = 77;
    private const ulong Seed = 0x1122_3344_5566_7788;

    // mov eax, register
    public static TheoryData<string, byte[], ulong> General => new()
    {
        { "eax", [0x89, 0xC0], 0 },
        { "ebx", [0x89, 0xD8], 0 },
        { "ebp", [0x89, 0xE8], 0 },
        { "ecx, the log level", [0x89, 0xC8], 3 },
        { "edx, the page size", [0x89, 0xD0], 4096 },
        { "esi, the low half of the seed", [0x89, 0xF0], 0x5566_7788 },
        { "eflags", [0x9C, 0x58], 0x2 }, // pushf; pop ax, or pushfd; pop eax
    };

    [KvmTheory]
    [MemberData(nameof(General))]
    public void The_general_registers_are_those_of_the_sheet(string register, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(register);
        Assert.Equal(value, InRealMode(toEax));
        Assert.Equal(value, In32BitMode("flat", toEax));
    }

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(General))]
    public void The_general_registers_with_paging_are_the_same(string register, byte[] toEax, ulong value)
    {
        Assert.NotEmpty(register);
        Assert.Equal(value, In32BitMode("paged", toEax));
    }

    /// <summary>The stack pointer is 8 below the top of the exception stack, which differs between the profiles.</summary>
    [KvmFact]
    public void Esp_is_8_below_the_exception_stack()
    {
        Assert.Equal(0xFFFF_FFD8, InRealMode(0x89, 0xE0));
        Assert.Equal(0xFFFF_FFD8, In32BitMode("flat", 0x89, 0xE0));
    }

    [KvmFact(Needs.Paging32)]
    public void Esp_with_paging_is_8_below_the_exception_stack() => Assert.Equal(0xFFFF_FFC8, In32BitMode("paged", 0x89, 0xE0));

    [KvmFact]
    public void Edi_is_the_address_of_the_PEB()
    {
        Assert.Equal(0x1000UL, InRealMode(0x89, 0xF8));
        Assert.Equal(BareGuest.FlatAddress + 0x1000UL, In32BitMode("flat", 0x89, 0xF8));
    }

    [KvmFact(Needs.Paging32)]
    public void Edi_with_paging_is_the_virtual_address_of_the_PEB() => Assert.Equal(0x2000UL, In32BitMode("paged", 0x89, 0xF8));

    [KvmFact]
    public void Each_start_has_a_seed_of_its_own()
    {
        using TestGuest guest = BareGuest.Flat(Written(0x89, 0xF0));

        Assert.NotEqual(Read(guest, seed: null), Read(guest, seed: null));
    }

    /// <summary>The levels are 0 off, 1 error, 2 warning, 3 information, 4 debug, 5 trace.</summary>
    [KvmFact]
    public void Ecx_has_the_number_of_each_log_level()
    {
        using TestGuest guest = BareGuest.Flat(Written(0x89, 0xC8));

        Assert.Equal([0UL, 1UL, 2UL, 3UL, 4UL, 5UL], Enum.GetValues<GuestLogLevel>().Order().Select(level => Read(guest, level: level)));
    }

    public static TheoryData<string, byte[], ulong, ulong> Special => new()
    {
        { "cs", [0x8C, 0xC8], 0x08, 0x08 },
        { "ds", [0x8C, 0xD8], 0x10, 0x10 },
        { "es", [0x8C, 0xC0], 0x10, 0x10 },
        { "fs", [0x8C, 0xE0], 0x10, 0x10 },
        { "gs", [0x8C, 0xE8], 0x10, 0x10 },
        { "ss", [0x8C, 0xD0], 0x10, 0x10 },
        { "cr0", [0x0F, 0x20, 0xC0], 0x11, 0x8001_0011 },
        { "cr3", [0x0F, 0x20, 0xD8], 0, 0xFEDC_0000 },
        { "cr4", [0x0F, 0x20, 0xE0], 0, 0 },

        // i686 sheet, section 2.3. mov eax, [address]
        { "the size of scratch", [0xA1, 0xF8, 0xFF, 0xFF, 0xFF], 0x48000, 0x48000 },
        { "the first free page", [0xA1, 0xF0, 0xFF, 0xFF, 0xFF], 0xFFFC_0000, 0xFEDC_3000 },
        { "the page tables", [0xA1, 0xE8, 0xFF, 0xFF, 0xFF], 0, 0xFEDC_0000 },
        { "the snapshot generation", [0xA1, 0xE0, 0xFF, 0xFF, 0xFF], 0, 0 },
        { "the counter", [0xA1, 0xF8, 0xEF, 0xFF, 0xFF], 0, 0 },
        { "the empty input buffer", [0xA1, 0, 0x80, 0xFB, 0xFF], 8, 8 },
        { "the empty output buffer", [0xA1, 0, 0xC0, 0xFB, 0xFF], 8, 8 },
    };

    /// <summary>In the flat layout 32-bit code can use segments, stack and CR0 at once.</summary>
    [KvmTheory]
    [MemberData(nameof(Special))]
    public void A_flat_guest_starts_in_protected_mode_with_the_words_of_the_identity_layout(
        string what, byte[] toEax, ulong flat, ulong paged)
    {
        Assert.NotEmpty(what + paged);
        Assert.Equal(flat, In32BitMode("flat", toEax));
    }

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(Special))]
    public void A_paged_guest_starts_with_paging_and_the_words_for_it(string what, byte[] toEax, ulong flat, ulong paged)
    {
        Assert.NotEmpty(what + flat);
        Assert.Equal(paged, In32BitMode("paged", toEax));
    }

    [KvmTheory]
    [InlineData(0x2000)]
    [InlineData(0xFFF_F000)]
    [InlineData(0xC010_0000)]
    [InlineData(0xFEE0_1000)]
    public void A_flat_guest_runs_where_it_is_linked(uint address)
    {
        // call 1f; 1: pop eax
        using TestGuest guest = BareGuest.At(address, Written(0xE8, 0, 0, 0, 0, 0x58));

        Assert.Equal(address + 5, Read(guest));
    }

    /// <summary>Gets code that writes EAX to the port.</summary>
    private static byte[] Written(params byte[] toEax) => [.. toEax, 0xE7, NoSuchPort];

    private static ulong InRealMode(params byte[] toEax)
    {
        // In 16-bit code the prefix makes a push or pop 32 bits wide, so both need the prefix.
        byte[] code = toEax is [0x9C, 0x58] ? [OperandSize, 0x9C, OperandSize, 0x58] : [OperandSize, .. toEax];
        using TestGuest guest = BareGuest.Identity([.. code, OperandSize, 0xE7, NoSuchPort]);
        return Read(guest);
    }

    private static ulong In32BitMode(string layout, params byte[] toEax)
    {
        using TestGuest guest = BareGuest.At(BareGuest.Addresses[layout], Written(toEax));
        return Read(guest);
    }

    private static ulong Read(TestGuest guest, ulong? seed = Seed, GuestLogLevel level = GuestLogLevel.Information)
    {
        string message =
            Assert.Throws<GuestProtocolException>(() => guest.Start(options => (options.LogLevel, options.Seed) = (level, seed))).Message;
        Assert.Contains($" to port {NoSuchPort}", message, StringComparison.Ordinal);
        return Convert.ToUInt64(message.Split("wrote 0x")[1].Split(' ')[0], 16);
    }
}
