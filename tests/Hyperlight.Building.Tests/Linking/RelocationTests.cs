using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests the value of each relocation. Code that is replaced by other code has tests of its own.</summary>
public sealed class RelocationTests
{
    // The addresses of the guest of Link: each segment has pages of its own, and the dynamic table has 8 entries of 16 bytes.
    private const ulong Text = 0x1000;
    private const ulong ThreadData = 0x2000;
    private const ulong Table = 0x2090;
    private const ulong Value = Table + 8;
    private const ulong Place = Table + 16;
    private static readonly byte[] Zeros = new byte[16];

    [Theory]
    [InlineData(nameof(RelocationType.None), "value", "0000000000000000")]
    [InlineData(nameof(RelocationType.Absolute64), "value", "9A20000000000000")]
    [InlineData(nameof(RelocationType.Absolute64), "small", "FAFFFFFFFFFFFFFF")]
    [InlineData(nameof(RelocationType.Relative32), "value", "FAFFFFFF00000000")]
    [InlineData(nameof(RelocationType.Call32), "value", "FAFFFFFF00000000")]
    [InlineData(nameof(RelocationType.Relative64), "value", "FAFFFFFFFFFFFFFF")]
    [InlineData(nameof(RelocationType.Absolute32), "large", "FAFFFFFF00000000")]
    [InlineData(nameof(RelocationType.AbsoluteSigned32), "small", "FAFFFFFF00000000")]
    [InlineData(nameof(RelocationType.Table32), "value", "F2FFFFFF00000000")]
    [InlineData(nameof(RelocationType.FromTable64), "value", "0A00000000000000")]
    [InlineData(nameof(RelocationType.Size32), "value", "0500000000000000")]
    [InlineData(nameof(RelocationType.Size64), "value", "0500000000000000")]
    [InlineData(nameof(RelocationType.ModuleOffset32), "own", "0A00000000000000")]
    [InlineData(nameof(RelocationType.ModuleOffset64), "own", "0A00000000000000")]
    [InlineData(nameof(RelocationType.ThreadOffset32), "own", "CAFFFFFF00000000")]
    [InlineData(nameof(RelocationType.ThreadOffset64), "own", "CAFFFFFFFFFFFFFF")]
    public void A_relocation_with_the_addend_2_gives_these_bytes(string type, string symbol, string bytes)
    {
        TestGuest guest = Link(Enum.Parse<RelocationType>(type), symbol);

        Assert.Equal((Text, ThreadData, Table), (guest.Of(".text"), guest.Of(".tdata"), guest.Of(".data")));
        Assert.Equal(bytes, guest.Hex(Place, 8));
        bool moves = type == nameof(RelocationType.Absolute64) && symbol == "value";
        Assert.Equal(moves ? [(Place, Value + 2)] : [], guest.Relative());
    }

    [Theory]
    [InlineData(nameof(RelocationType.Slot))]
    [InlineData(nameof(RelocationType.SlotRelaxable))]
    [InlineData(nameof(RelocationType.SlotRelaxableRex))]
    public void A_slot_is_relative_to_the_place_and_moves_with_the_guest(string type)
    {
        TestGuest guest = Link(Enum.Parse<RelocationType>(type), "value");

        // The data lies 8 bytes higher, behind the slot.
        Assert.Equal((Table, Table + 8), (guest.Of(".got"), guest.Of(".data")));
        Assert.Equal("EAFFFFFF00000000", guest.Hex(Place + 8, 8));
        Assert.Equal([(Table, Value + 8)], guest.Relative());
        Assert.Equal(Value + 8, guest.UInt64(Table));
    }

    [Fact]
    public void A_slot_of_a_number_or_of_a_weak_symbol_that_nothing_defines_does_not_move()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSymbol("number", TestObject.Absolute, 0x1234).WithSymbol("open", TestObject.Undefined, binding: ElfSymbolBinding.Weak)
            .WithRelocation(RelocationType.SlotRelaxableRex, "number", 3, -4).WithRelocation(RelocationType.Slot, "open", 8, -4));

        Assert.Equal((0x1234ul, 0ul), (guest.UInt64(guest.Of(".got")), guest.UInt64(guest.Of(".got") + 8)));
        Assert.Empty(guest.Relative());
    }

    [Fact]
    public void Two_accesses_of_a_symbol_share_a_slot()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithRelocation(RelocationType.Slot, "entrypoint", 0).WithRelocation(RelocationType.Slot, "entrypoint", 8));

        Assert.Equal(8ul, guest.Section(".got").Size);
        Assert.Equal(guest.Int32(".text", 0) - 8, guest.Int32(".text", 8));
    }

    [Fact]
    public void An_offset_of_a_thread_local_variable_in_code_counts_from_the_thread_pointer()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSection(".tdata", Zeros, TestObject.Data | ElfSectionFlags.ThreadLocal)
            .WithSymbol("own", 2, 8, type: ElfSymbolType.ThreadLocal)
            .WithRelocation(RelocationType.ModuleOffset32, "own", 0, 2).WithRelocation(RelocationType.ModuleOffset64, "own", 8, 2));

        Assert.Equal("CAFFFFFF00000000CAFFFFFFFFFFFFFF", guest.Hex(Text, 16));
    }

    [Theory]
    [InlineData(nameof(RelocationType.Absolute32), 0x1_0000_0000, "0x100000000 of the relocation R_X86_64_32 ", "without a sign")]
    [InlineData(nameof(RelocationType.Absolute32), -1, "0xffffffffffffffff of the relocation R_X86_64_32 ", "without a sign")]
    [InlineData(nameof(RelocationType.AbsoluteSigned32), 0x8000_0000, "0x80000000 of the relocation R_X86_64_32S ", "with a sign")]
    [InlineData(nameof(RelocationType.AbsoluteSigned32), -0x8000_0001, "R_X86_64_32S", "with a sign")]
    public void A_number_that_does_not_fit_is_HL7008(string type, long number, string relocation, string sign)
    {
        Finding finding = LinkErrorTests.Failure(TestObject.WithEntry(Zeros).WithSymbol("number", TestObject.Absolute, (ulong)number)
            .WithRelocation(Enum.Parse<RelocationType>(type), "number", 4).Input());

        Assert.Equal(Rules.LinkRange, finding.Rule);
        Assert.Contains(relocation, finding.Message, StringComparison.Ordinal);
        Assert.Contains($"against 'number' in 'entrypoint' (test.o, .text+0x4) ", finding.Message, StringComparison.Ordinal);
        Assert.Contains($"does not fit into 32 bits {sign}:", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(RelocationType.Relative32))]
    [InlineData(nameof(RelocationType.Call32))]
    [InlineData(nameof(RelocationType.Table32))]
    [InlineData(nameof(RelocationType.Size32))]
    [InlineData(nameof(RelocationType.ThreadOffset32))]
    [InlineData(nameof(RelocationType.ModuleOffset32))]
    [InlineData(nameof(RelocationType.Slot))]
    public void A_distance_that_does_not_fit_is_HL7008(string type) => Assert.Equal(
        Rules.LinkRange,
        LinkErrorTests.Failure(TestObject.WithEntry(Zeros)
            .WithRelocation(Enum.Parse<RelocationType>(type), "entrypoint", 4, 1L << 32).Input()).Rule);

    [Theory]
    [InlineData(nameof(RelocationType.Absolute32), "entrypoint")]
    [InlineData(nameof(RelocationType.AbsoluteSigned32), "entrypoint")]
    [InlineData(nameof(RelocationType.Relative32), "number")]
    [InlineData(nameof(RelocationType.Call32), "number")]
    [InlineData(nameof(RelocationType.Relative64), "number")]
    public void A_relocation_that_a_guest_cannot_have_is_HL7006(string type, string symbol) => Assert.Equal(
        Rules.LinkRelocation,
        LinkErrorTests.Failure(TestObject.WithEntry(Zeros).WithSymbol("number", TestObject.Absolute, 0x1234)
            .WithRelocation(Enum.Parse<RelocationType>(type), symbol, 0).Input()).Rule);

    [Fact]
    public void Each_other_relocation_is_HL7006() => Assert.All(
        Enumerable.Range(0, 256).Where(type => !Enum.IsDefined((RelocationType)type)),
        type =>
        {
            Finding finding = LinkErrorTests.Failure(
                TestObject.WithEntry(Zeros).WithRelocation((RelocationType)type, "entrypoint", 4).Input());
            Assert.Equal(Rules.LinkRelocation, finding.Rule);
            Assert.Contains($"'entrypoint' (test.o, .text+0x4) has the relocation {type} ", finding.Message, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData(nameof(RelocationType.Relative32), 4)]
    [InlineData(nameof(RelocationType.Relative64), 8)]
    [InlineData(nameof(RelocationType.GeneralDynamic), 4)]
    public void A_place_that_reaches_beyond_its_section_is_HL7001(string type, int size)
    {
        Finding finding = LinkErrorTests.Failure(TestObject.WithEntry(Zeros)
            .WithRelocation(Enum.Parse<RelocationType>(type), "entrypoint", (ulong)(Zeros.Length - size + 1)).Input());

        Assert.Equal(Rules.LinkMalformed, finding.Rule);
        Assert.Contains("lies outside the content of .text", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relocation_of_a_section_without_the_flag_of_its_table_counts()
    {
        TestObject source = TestObject.WithEntry(Zeros).WithRelocation(RelocationType.Relative32, "entrypoint", 4);
        source.SetsInfoFlag = false;

        Assert.Equal(-4, TestGuest.Link(source).Int32(".text", 4));
    }

    // The place is the last word of .data. The entry point keeps .data and the thread-local variable.
    private static TestGuest Link(RelocationType type, string symbol) => TestGuest.Link(TestObject.WithEntry(Zeros)
        .WithSection(".data", new byte[24], TestObject.Data)
        .WithSection(".tdata", Zeros, TestObject.Data | ElfSectionFlags.ThreadLocal)
        .WithSymbol("value", 2, 8, size: 3)
        .WithSymbol("own", 3, 8, type: ElfSymbolType.ThreadLocal)
        .WithSymbol("large", TestObject.Absolute, 0xFFFF_FFF8)
        .WithSymbol("small", TestObject.Absolute, unchecked((ulong)-8L))
        .WithRelocation(RelocationType.Relative32, "value", 0)
        .WithRelocation(RelocationType.ThreadOffset32, "own", 4)
        .WithRelocation(type, symbol, 16, 2, section: 2));
}
