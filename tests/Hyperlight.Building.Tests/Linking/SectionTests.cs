using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests which sections of objects a guest has, and in which order.</summary>
public sealed class SectionTests
{
    private const ElfSectionFlags Strings = ElfSectionFlags.Allocate | ElfSectionFlags.Merge | ElfSectionFlags.Strings;
    private static readonly byte[] Zeros = new byte[16];

    [Fact]
    public void A_section_is_left_out_unless_something_in_the_guest_refers_to_it()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSection(".text.near", Zeros).WithSymbol("near", 2)
            .WithSection(".text.far", Zeros).WithSymbol("far", 3)
            .WithSection(".text.unused", Zeros).WithSymbol("unused", 4)
            .WithRelocation(RelocationType.Call32, "near", 0).WithRelocation(RelocationType.Call32, "far", 0, section: 2)
            .WithSymbol("missing", TestObject.Undefined).WithRelocation(RelocationType.Call32, "missing", 0, section: 4));

        Assert.Equal(48ul, guest.Section(".text").Size);
        Assert.Equal(["entrypoint", "far", "near"], guest.Symbols().Select(symbol => symbol.Name).Where(name => name.Length > 0).Order());
    }

    [Theory]
    [InlineData(".init_array", nameof(ElfSectionFlags.None), true)]
    [InlineData(".init_array.00300", nameof(ElfSectionFlags.None), true)]
    [InlineData(".fini_array.00300", nameof(ElfSectionFlags.None), true)]
    [InlineData("__modules", nameof(ElfSectionFlags.None), true)]
    [InlineData(".data.retained", nameof(ElfSectionFlags.Retain), true)]
    [InlineData(".data.other", nameof(ElfSectionFlags.None), false)]
    public void Tables_of_the_layout_and_retained_sections_are_kept(string section, string flag, bool isKept)
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSection(section, Zeros, TestObject.Data | Enum.Parse<ElfSectionFlags>(flag)).WithSymbol("kept", 2));

        Assert.Equal(isKept, guest.Symbols().Any(symbol => symbol.Name == "kept"));
    }

    [Fact]
    public void Constructors_run_by_the_numbers_of_their_sections_and_then_in_the_order_of_the_objects()
    {
        TestGuest guest = TestGuest.Link(
            TestObject.WithEntry(Zeros)
                .WithSection(".init_array", Bytes(1), TestObject.Data, ElfSectionType.InitializationArray)
                .WithSection(".init_array.1000", Bytes(2), TestObject.Data, ElfSectionType.InitializationArray)
                .WithSymbol("__init_array_start", TestObject.Undefined).WithSymbol("__init_array_end", TestObject.Undefined)
                .WithRelocation(RelocationType.Relative32, "__init_array_start", 0)
                .WithRelocation(RelocationType.Relative32, "__init_array_end", 4),
            new TestObject()
                .WithSection(".init_array", Bytes(3), TestObject.Data, ElfSectionType.InitializationArray)
                .WithSection(".init_array.200", Bytes(4), TestObject.Data, ElfSectionType.InitializationArray)
                .WithSection(".preinit_array", Bytes(5), TestObject.Data, ElfSectionType.PreinitializationArray));

        ElfSection table = guest.Section(".init_array");
        Assert.Equal(
            [5, 4, 2, 1, 3], Enumerable.Range(0, 5).Select(i => (int)guest.UInt64(table.Address + (ulong)(8 * i))));
        Assert.Equal((table.Address, table.Address + 40), (guest.Symbol("__init_array_start"), guest.Symbol("__init_array_end")));
        (ulong tag, ulong value)[] dynamic = [.. Enumerable.Range(0, 8)
            .Select(i => guest.Of(".dynamic") + (ulong)(16 * i)).Select(at => (guest.UInt64(at), guest.UInt64(at + 8)))];
        Assert.Contains((25ul, table.Address), dynamic);
        Assert.Contains((27ul, 40ul), dynamic);
    }

    [Fact]
    public void The_symbols_of_the_ends_of_a_section_keep_the_section_and_have_its_addresses()
    {
        TestGuest guest = TestGuest.Link(
            TestObject.WithEntry(Zeros).WithSymbol("__start_table", TestObject.Undefined).WithSymbol("__stop_table", TestObject.Undefined)
                .WithRelocation(RelocationType.Relative32, "__start_table", 0)
                .WithRelocation(RelocationType.Relative32, "__stop_table", 4),
            new TestObject().WithSection("table", Bytes(1), TestObject.Data).WithSection("other", Zeros, TestObject.Data),
            new TestObject().WithSection("table", Bytes(2), TestObject.Data));

        ElfSection table = guest.Section("table");
        Assert.Equal((1ul, 2ul), (guest.UInt64(table.Address), guest.UInt64(table.Address + 8)));
        Assert.Equal(
            (table.Address, table.Address + 16), (guest.Symbol("__start_table"), guest.Symbol("__stop_table")));
        Assert.DoesNotContain(guest.Elf.Sections, section => section.Name == "other");
    }

    [Fact]
    public void Of_equal_groups_the_first_becomes_a_part_of_the_guest()
    {
        static TestObject Source(byte content) => new TestObject()
            .WithSection(".text.f", [content, .. Zeros]).WithSection(".data.f", [content], TestObject.Data)
            .WithSymbol("f", 1).WithSymbol("ownOfF", 2, binding: ElfSymbolBinding.Local).WithGroup("f", 1, 2);
        TestGuest guest = TestGuest.Link(
            TestObject.WithEntry(Zeros).WithSymbol("f", TestObject.Undefined).WithRelocation(RelocationType.Call32, "f", 4),
            Source(1),
            Source(2));

        // The data comes with the code of its group, though nothing refers to the data.
        Assert.Equal("01", guest.Hex(guest.Symbol("f"), 1));
        Assert.Equal("01", guest.Hex(guest.Of(".data"), 1));
        Assert.Equal((40ul - 7, 1ul), (guest.Section(".text").Size, guest.Section(".data").Size));
        Assert.Equal((long)guest.Symbol("f") - (long)guest.Of(".text") - 4, guest.Int32(".text", 4));
    }

    [Fact]
    public void A_reference_to_a_group_that_was_left_out_is_HL7009()
    {
        Finding finding = LinkErrorTests.Failure(
            TestObject.WithEntry(Zeros).WithSection(".data.f", Zeros, TestObject.Data).WithSymbol("f", 2).WithGroup("f", 2).Input("one.o"),
            new TestObject().WithSection(".init_array", Zeros, TestObject.Data).WithSection(".data.f", Zeros, TestObject.Data)
                .WithSymbol("f", 2).WithSymbol("inside", 2, 8, binding: ElfSymbolBinding.Local).WithGroup("f", 2)
                .WithRelocation(RelocationType.Absolute64, "inside", 0).Input("two.o"));

        Assert.Equal(Rules.LinkDiscarded, finding.Rule);
        Assert.Contains("two.o, .init_array+0x0 refers to 'inside' in two.o:(.data.f)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Common_symbols_become_one_variable_of_the_largest_size_and_alignment()
    {
        static TestObject Source(ulong size, ulong alignment) => new TestObject()
            .WithSection(".init_array", Zeros, TestObject.Data)
            .WithSymbol("shared", TestObject.Common, alignment, size).WithRelocation(RelocationType.Absolute64, "shared", 0);
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros), Source(4, 256), Source(40, 8), Source(8, 16));

        ElfSymbol shared = Assert.Single(guest.Symbols(), symbol => symbol.Name == "shared");
        Assert.Equal((40ul, 0ul), (shared.Size, shared.Value % 256));
        Assert.Equal(
            (ElfSectionType.NoBits, shared.Value, 40ul),
            (guest.Section(".bss").Type, guest.Section(".bss").Address, guest.Section(".bss").Size));
        Assert.Equal(3, guest.Relative().Count(relocation => relocation.Target == shared.Value));
    }

    [Theory]
    [InlineData(nameof(ElfSymbolBinding.Global), true)]
    [InlineData(nameof(ElfSymbolBinding.Weak), false)]
    public void A_definition_replaces_a_common_symbol_unless_the_definition_is_weak(string binding, bool isReplaced)
    {
        TestObject common = new TestObject().WithSection(".init_array", Zeros, TestObject.Data)
            .WithSymbol("shared", TestObject.Common, 8, 64).WithRelocation(RelocationType.Absolute64, "shared", 0);
        TestObject definition = new TestObject().WithSection(".data", Bytes(7), TestObject.Data)
            .WithSymbol("shared", 1, size: 8, binding: Enum.Parse<ElfSymbolBinding>(binding));
        ulong size = isReplaced ? 8ul : 64;

        TestObject[][] orders = [[common, definition], [definition, common]];
        Assert.All(orders, order => Assert.Equal(
            size,
            Assert.Single(
                TestGuest.Link([TestObject.WithEntry(Zeros), .. order]).Symbols(), symbol => symbol.Name == "shared").Size));
    }

    [Fact]
    public void A_weak_definition_gives_way_and_a_weak_reference_may_stay_open()
    {
        TestGuest guest = TestGuest.Link(
            TestObject.WithEntry(Zeros).WithSymbol("open", TestObject.Undefined, binding: ElfSymbolBinding.Weak)
                .WithSymbol("value", 1, 1, binding: ElfSymbolBinding.Weak)
                .WithSection(".data", Zeros, TestObject.Data).WithSymbol("table", 2)
                .WithRelocation(RelocationType.Relative32, "table", 0)
                .WithRelocation(RelocationType.Absolute64, "value", 0, section: 2)
                .WithRelocation(RelocationType.Absolute64, "open", 8, section: 2),
            new TestObject().WithSection(".text", Zeros).WithSymbol("value", 1, 2));

        Assert.Equal(guest.Of(".text") + 16 + 2, guest.UInt64(guest.Of(".data")));
        Assert.Equal(0ul, guest.UInt64(guest.Of(".data") + 8));
        Assert.Equal(guest.Of(".data"), Assert.Single(guest.Relative()).Place);
    }

    [Fact]
    public void Equal_strings_become_one_and_a_string_that_ends_another_lies_in_it()
    {
        static TestObject Source(string text) => new TestObject()
            .WithSection(".rodata.str1.1", [.. text.Select(letter => (byte)letter)], Strings, entry: 1, alignment: 1)
            .WithSection(".data", Zeros, TestObject.Data | ElfSectionFlags.Retain)
            .WithSymbol("", 1, binding: ElfSymbolBinding.Local, type: ElfSymbolType.Section)
            .WithRelocation(RelocationType.Absolute64, "", 0, 0, section: 2)
            .WithRelocation(RelocationType.Absolute64, "", 8, 6, section: 2);
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros), Source("night\0midnight\0"), Source("right\0night\0"));

        // The addend says which string is meant: night and midnight, then right and night.
        ulong[] at = [.. guest.Relative().OrderBy(relocation => relocation.Place).Select(relocation => relocation.Target)];
        Assert.Equal("6D69646E6967687400", guest.Hex(at[1], 9));
        Assert.Equal("726967687400", guest.Hex(at[2], 6));
        Assert.Equal((at[1] + 3, at[1] + 3), (at[0], at[3]));
        Assert.Equal(15ul, guest.Section(".rodata").Size);
    }

    [Fact]
    public void Equal_constants_become_one()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSection(".rodata.cst8", [.. Bytes(1), .. Bytes(2), .. Bytes(1)], Strings & ~ElfSectionFlags.Strings, entry: 8)
            .WithSymbol("first", 2, 0).WithSymbol("third", 2, 16)
            .WithRelocation(RelocationType.Relative32, "first", 0).WithRelocation(RelocationType.Relative32, "third", 4));

        Assert.Equal(16ul, guest.Section(".rodata").Size);
        Assert.Equal(guest.Symbol("first"), guest.Symbol("third"));
        Assert.Equal(guest.Int32(".text", 0) - 4, guest.Int32(".text", 4));
    }

    [Fact]
    public void Each_thread_has_the_variables_in_front_of_its_pointer_and_zeros_have_no_place_in_the_guest()
    {
        TestGuest guest = TestGuest.Link(TestObject.WithEntry(Zeros)
            .WithSection(".tdata", Bytes(1), TestObject.Data | ElfSectionFlags.ThreadLocal)
            .WithSection(".tbss", [], TestObject.Data | ElfSectionFlags.ThreadLocal, ElfSectionType.NoBits, size: 100, alignment: 32)
            .WithSymbol("value", 2, type: ElfSymbolType.ThreadLocal).WithSymbol("zero", 3, 96, type: ElfSymbolType.ThreadLocal)
            .WithSymbol("__tls_end", TestObject.Undefined)
            .WithRelocation(RelocationType.ThreadOffset32, "value", 0).WithRelocation(RelocationType.ThreadOffset32, "zero", 4)
            .WithRelocation(RelocationType.Relative32, "__tls_end", 8));

        // 8 bytes, 24 of padding, 100 zeros: 132 bytes, rounded to 192.
        Assert.Equal((-192, -192 + 32 + 96), (guest.Int32(".text", 0), guest.Int32(".text", 4)));
        Assert.Equal(guest.Of(".tdata") + 132, guest.Symbol("__tls_end"));
        Assert.Equal(guest.Of(".tdata") + 8, guest.Of(".dynamic"));
        Assert.Equal((0ul, 128ul), (guest.Symbol("value"), guest.Symbol("zero")));
    }

    [Fact]
    public void A_larger_alignment_of_a_thread_local_variable_is_HL7010()
    {
        Finding finding = LinkErrorTests.Failure(TestObject.WithEntry(Zeros)
            .WithSection(".tdata", Zeros, TestObject.Data | ElfSectionFlags.ThreadLocal | ElfSectionFlags.Retain, alignment: 128).Input());

        Assert.Equal(Rules.LinkLimit, finding.Rule);
        Assert.Contains("aligned to 128 bytes, allowed are 64", finding.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(byte value) => [value, 0, 0, 0, 0, 0, 0, 0];
}
