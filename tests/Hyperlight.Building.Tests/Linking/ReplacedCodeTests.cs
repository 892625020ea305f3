using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests the code that replaces accesses through a slot, and accesses of thread-local variables.</summary>
public sealed class ReplacedCodeTests
{
    private static readonly byte[] Zeros = new byte[16];

    [Theory]
    [InlineData(nameof(RelocationType.SlotRelaxable), "908B0500000000", "908D05", 3)]
    [InlineData(nameof(RelocationType.SlotRelaxable), "908B3D00000000", "908D3D", 3)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "488B0500000000", "488D05", 3)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "4C8B3D00000000", "4C8D3D", 3)]
    [InlineData(nameof(RelocationType.SlotRelaxable), "90FF1500000000", "9067E8", 3)]
    [InlineData(nameof(RelocationType.SlotRelaxable), "90FF2500000000", "90E9", 2)]
    public void An_access_through_a_slot_becomes_an_access_without(string type, string before, string after, int place)
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry([.. Convert.FromHexString(before), .. Zeros])
            .WithSection(".text.value", Zeros).WithSymbol("value", 2).WithRelocation(Enum.Parse<RelocationType>(type), "value", 3, -4));

        Assert.Equal(after, guest.Hex(guest.Of(".text"), after.Length / 2));
        Assert.Equal(24 - 4 - place, guest.Int32(".text", place));
        Assert.Equal(after == "90E9" ? "90" : "00", guest.Hex(guest.Of(".text") + (ulong)place + 4, 1));
        Assert.DoesNotContain(guest.Elf.Sections, section => section.Name == ".got");
        Assert.Empty(guest.Relative());
    }

    // add, cmp, push and test have no form that computes an address. Another addend than -4 has another end of the instruction. An
    // R_X86_64_GOTPCREL of an old compiler can be in any instruction.
    [Theory]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "48030500000000", -4)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "483B0500000000", -4)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "48850500000000", -4)]
    [InlineData(nameof(RelocationType.SlotRelaxable), "90FF3500000000", -4)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "488B0500000000", 0)]
    [InlineData(nameof(RelocationType.SlotRelaxableRex), "488B4500000000", -4)]
    [InlineData(nameof(RelocationType.Slot), "488B0500000000", -4)]
    public void An_access_that_cannot_do_without_a_slot_stays(string type, string code, int addend)
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Convert.FromHexString(code))
            .WithRelocation(Enum.Parse<RelocationType>(type), "entrypoint", 3, addend));

        Assert.Equal(code[..6], guest.Hex(guest.Of(".text"), 3));
        Assert.Equal((int)(guest.Of(".got") - guest.Of(".text")) + addend - 3, guest.Int32(".text", 3));
        Assert.Equal(guest.Of(".text"), guest.UInt64(guest.Of(".got")));
        Assert.Equal([(guest.Of(".got"), guest.Of(".text"))], guest.Relative());
    }

    [Theory]
    [InlineData(nameof(RelocationType.GeneralDynamic), "66488D3D00000000666648E800000000", "64488B042500000000488D80", 4, 12)]
    [InlineData(nameof(RelocationType.GeneralDynamic), "66488D3D000000006648FF1500000000", "64488B042500000000488D80", 4, 12)]
    [InlineData(nameof(RelocationType.InitialExec), "488B0500000000", "48C7C0", 3, 3)]
    [InlineData(nameof(RelocationType.InitialExec), "4C8B0500000000", "49C7C0", 3, 3)]
    [InlineData(nameof(RelocationType.InitialExec), "48033D00000000", "4881C7", 3, 3)]
    [InlineData(nameof(RelocationType.InitialExec), "4C032500000000", "4981C4", 3, 3)]
    public void A_thread_local_variable_is_reached_from_the_thread_pointer(string type, string before, string after, int at, int place)
    {
        TestGuest guest = Access(Enum.Parse<RelocationType>(type), before, at);

        Assert.Equal(after, guest.Hex(guest.Of(".text"), after.Length / 2));
        Assert.Equal(8 - 64, guest.Int32(".text", place));
    }

    [Theory]
    [InlineData("488D3D00000000E800000000", "66666664488B042500000000")]
    [InlineData("488D3D00000000FF1500000000", "6666666664488B042500000000")]
    public void The_thread_local_variables_of_a_module_are_reached_from_the_thread_pointer(string before, string after)
    {
        TestGuest guest = Access(RelocationType.LocalDynamic, before, 3);

        Assert.Equal(after, guest.Hex(guest.Of(".text"), after.Length / 2));
    }

    [Theory]
    [InlineData("66488D3D00000000666648E800000000", nameof(RelocationType.GeneralDynamic), 4, nameof(RelocationType.Call32), 12)]
    [InlineData("66488D3D000000006648FF1500000000", nameof(RelocationType.GeneralDynamic), 4, nameof(RelocationType.SlotRelaxable), 12)]
    [InlineData("488D3D00000000E80000000090909090", nameof(RelocationType.LocalDynamic), 3, nameof(RelocationType.Call32), 8)]
    public void A_call_that_was_replaced_leaves_nothing_behind(string code, string type, int at, string call, int callAt)
    {
        string with = Code(true), without = Code(false);

        Assert.Equal(without, with);

        string Code(bool hasCall)
        {
            TestObject source = Source(Enum.Parse<RelocationType>(type), code, at).WithSymbol("__tls_get_addr", 1, 0);
            TestGuest guest = TestGuest.Link(
                hasCall ? source.WithRelocation(Enum.Parse<RelocationType>(call), "__tls_get_addr", (ulong)callAt, -4) : source);
            return guest.Hex(guest.Of(".text"), 16);
        }
    }

    [Fact]
    public void A_relocation_in_front_of_code_that_was_replaced_counts_whatever_its_row_in_the_table()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry([.. Zeros, .. Convert.FromHexString("488D3D00000000E800000000")])
            .WithSection(".tdata", Zeros, TestObject.Data | ElfSectionFlags.ThreadLocal)
            .WithSymbol("own", 2, 8, type: ElfSymbolType.ThreadLocal)
            .WithRelocation(RelocationType.LocalDynamic, "own", 19, -4)
            .WithRelocation(RelocationType.Relative32, "entrypoint", 4));

        Assert.Equal(-4, guest.Int32(".text", 4));
    }

    [Theory]
    [InlineData(nameof(RelocationType.GeneralDynamic), "90488D3D00000000666648E800000000", 4)]
    [InlineData(nameof(RelocationType.GeneralDynamic), "66488D3D0000000090909090", 4)]
    [InlineData(nameof(RelocationType.LocalDynamic), "488D3500000000E800000000", 3)]
    [InlineData(nameof(RelocationType.LocalDynamic), "488D3D000000009090909090", 3)]
    [InlineData(nameof(RelocationType.InitialExec), "483B0500000000", 3)]
    [InlineData(nameof(RelocationType.InitialExec), "00000000", 0)]
    public void Code_that_is_not_what_the_ABI_says_is_HL7006(string type, string code, int at)
    {
        Finding finding = LinkErrorTests.Failure(Source(Enum.Parse<RelocationType>(type), code, at).Input());

        Assert.Equal(Rules.LinkRelocation, finding.Rule);
        Assert.Contains("against 'own' in code that is not what the ABI says", finding.Message, StringComparison.Ordinal);
    }

    private static TestGuest Access(RelocationType type, string code, int at) => TestGuest.Link(Source(type, code, at));

    private static TestObject Source(RelocationType type, string code, int at) => TestObject.WithEntry(Convert.FromHexString(code))
        .WithSection(".tdata", Zeros, TestObject.Data | ElfSectionFlags.ThreadLocal)
        .WithSymbol("own", 2, 8, type: ElfSymbolType.ThreadLocal)
        .WithRelocation(type, "own", (ulong)at, -4);
}
