using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// i686 sheet, sections 3.1 and 3.2: what the first instruction of a guest without paging finds. Each guest writes one register to a port that
/// there is not, and the host says what it wrote.
/// </summary>
public class EntryRegistersTests
{
    private const byte OperandSize = 0x66;
    private const byte NoSuchPort = 77;

    public static TheoryData<string, byte[], ulong> General => new()
    {
        { "eax", [0x89, 0xC0], 0 },
        { "ebx", [0x89, 0xD8], 0 },
        { "ebp", [0x89, 0xE8], 0 },
        { "ecx, the log level", [0x89, 0xC8], 3 },
        { "edx, the page size", [0x89, 0xD0], 4096 },
        { "esp, 8 below the exception stack", [0x89, 0xE0], 0xFFFF_FFD8 },
    };

    [KvmTheory]
    [MemberData(nameof(General))]
    public void The_general_registers_are_those_of_the_sheet(string register, byte[] moveToEax, ulong value)
    {
        Assert.NotEmpty(register);
        using TestGuest identity = BareGuest.Identity([OperandSize, .. moveToEax, 0xBA, NoSuchPort, 0, OperandSize, 0xEF]);
        using TestGuest flat = BareGuest.Flat([.. moveToEax, OperandSize, 0xBA, NoSuchPort, 0, 0xEF]);

        Assert.All([identity, flat], guest => Assert.Equal(value, Written(guest)));
    }

    [KvmFact]
    public void Edi_is_the_address_of_the_PEB_and_esi_the_seed()
    {
        using TestGuest identity = BareGuest.Identity(OperandSize, 0x89, 0xF8, 0xBA, NoSuchPort, 0, OperandSize, 0xEF);
        using TestGuest flat = BareGuest.Flat(0x89, 0xF8, OperandSize, 0xBA, NoSuchPort, 0, 0xEF);
        using TestGuest seed = BareGuest.Flat(0x89, 0xF0, OperandSize, 0xBA, NoSuchPort, 0, 0xEF);

        Assert.All([identity, flat], guest => Assert.Equal(guest.Image.Map.Peb.Gva.Value, Written(guest)));
        Assert.NotEqual(Written(seed), Written(seed));
    }

    /// <summary>What the flat layout adds: segments, a stack and CR0 that 32-bit code can use as they are.</summary>
    [KvmTheory]
    [InlineData(new byte[] { 0x8C, 0xC8 }, 0x08)] // mov eax, cs
    [InlineData(new byte[] { 0x8C, 0xD8 }, 0x10)] // ds
    [InlineData(new byte[] { 0x8C, 0xC0 }, 0x10)] // es
    [InlineData(new byte[] { 0x8C, 0xE0 }, 0x10)] // fs
    [InlineData(new byte[] { 0x8C, 0xE8 }, 0x10)] // gs
    [InlineData(new byte[] { 0x8C, 0xD0 }, 0x10)] // ss
    [InlineData(new byte[] { 0x0F, 0x20, 0xC0 }, 0x11)] // cr0
    [InlineData(new byte[] { 0x9C, 0x58 }, 0x2)] // pushfd; pop eax
    [InlineData(new byte[] { 0xA1, 0xF8, 0xFF, 0xFF, 0xFF }, 0x48000)] // mov eax, [0xFFFFFFF8]: the word with the size of scratch
    public void A_flat_guest_starts_with_segments_and_a_stack_that_it_can_use(byte[] moveToEax, ulong value)
    {
        using TestGuest guest = BareGuest.Flat([.. moveToEax, OperandSize, 0xBA, NoSuchPort, 0, 0xEF]);

        Assert.Equal(value, Written(guest));
    }

    [KvmTheory]
    [InlineData(0x2000)]
    [InlineData(0xFFF_F000)]
    [InlineData(0xC010_0000)]
    [InlineData(0xFEE0_1000)]
    public void A_flat_guest_runs_where_it_is_linked(uint address)
    {
        // call 1f; 1: pop eax
        using TestGuest guest = BareGuest.At(address, 0xE8, 0, 0, 0, 0, 0x58, OperandSize, 0xBA, NoSuchPort, 0, 0xEF);

        Assert.Equal(address + 5, Written(guest));
    }

    private static ulong Written(TestGuest guest)
    {
        string message = Assert.Throws<GuestProtocolException>(() => guest.Start(options => options.LogLevel = GuestLogLevel.Information)).Message;
        Assert.Contains($" to port {NoSuchPort}", message, StringComparison.Ordinal);
        return Convert.ToUInt64(message.Split("wrote 0x")[1].Split(' ')[0], 16);
    }
}
