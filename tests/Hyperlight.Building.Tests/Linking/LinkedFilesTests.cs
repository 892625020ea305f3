using System.Globalization;
using System.Text;
using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests the files of a link: the guest, the file with the symbols, and the map. They depend on nothing but the inputs.</summary>
public sealed class LinkedFilesTests
{
    private static readonly byte[] Zeros = new byte[16];

    [Fact]
    public void The_symbol_file_is_the_guest_with_symbols()
    {
        TestGuest guest = TestGuest.Link(Inputs());
        ElfFile symbolFile = ElfFile.TryRead(guest.Linked.SymbolFile, [])!;

        Assert.DoesNotContain(guest.Elf.Sections, section => section.Type == ElfSectionType.SymbolTable);
        ElfSection last = guest.Elf.Sections.Where(section => section.Address > 0).MaxBy(section => section.Offset);
        int end = (int)(last.Offset + last.Size);
        Assert.Equal(guest.Image[(int)guest.Of(".text")..end], guest.Linked.SymbolFile[(int)guest.Of(".text")..end]);
        Assert.Equal((guest.Elf.Entry, guest.Of(".text")), (symbolFile.Entry, guest.Elf.Entry));
        Assert.Equal(
            [
                new("inner", guest.Of(".text") + 8, 3, ElfSymbolType.Function, ElfSymbolBinding.Local, 1),
                new("entrypoint", guest.Of(".text"), 0, ElfSymbolType.Function, ElfSymbolBinding.Global, 1),
                new("value", guest.Of(".data") + 8, 5, ElfSymbolType.Data, ElfSymbolBinding.Weak, 3),
                new("number", 77, 0, ElfSymbolType.Data, ElfSymbolBinding.Global, TestObject.Absolute),
            ],
            symbolFile.Symbols.Where(symbol => symbol.Name.Length > 0));
    }

    [Fact]
    public void The_symbol_file_joins_the_debug_information_of_what_is_in_the_guest()
    {
        TestObject first = Debugged(TestObject.WithEntry(Zeros).WithSymbol("second", TestObject.Undefined)
            .WithRelocation(RelocationType.Relative32, "second", 0), "entrypoint", "one");
        TestObject second = Debugged(new TestObject().WithSection(".text", Zeros).WithSymbol("second", 1), "second", "two");
        TestObject dead = Debugged(new TestObject().WithSection(".text.dead", Zeros).WithSymbol("dead", 1), "dead", "none");

        TestGuest guest = TestGuest.Link(first, second, dead);

        byte[] info = DebugContent(guest, ".debug_info");
        Assert.Equal("one\0two\0", Encoding.ASCII.GetString(DebugContent(guest, ".debug_str")));
        Assert.Equal(
            (guest.Of(".text"), 0U, guest.Symbol("second"), 4U),
            (
                BitConverter.ToUInt64(info), BitConverter.ToUInt32(info, 8),
                BitConverter.ToUInt64(info, 16), BitConverter.ToUInt32(info, 24)));
        Assert.DoesNotContain(guest.Elf.Sections, section => section.Name.StartsWith(".debug_", StringComparison.Ordinal));
    }

    [Fact]
    public void Debug_information_about_code_that_is_not_in_the_guest_has_an_address_above_the_guest()
    {
        TestObject source = Debugged(
            TestObject.WithEntry(Zeros), "dead", "", before: each => each.WithSection(".text.dead", Zeros).WithSymbol("dead", 2));

        byte[] info = DebugContent(TestGuest.Link(source), ".debug_info");

        Assert.Equal(0xFFFF_FFFF_0000_0000, BitConverter.ToUInt64(info));
    }

    [Fact]
    public void Relocations_of_debug_information_that_lie_outside_change_nothing()
    {
        TestObject source = TestObject.WithEntry(Zeros).WithSection(".debug_info", new byte[8], 0);
        foreach (ulong offset in (ulong[])[1, 7, 8, 9, ulong.MaxValue])
        {
            source.WithRelocation(RelocationType.Absolute64, "entrypoint", offset, section: 2);
        }

        Assert.Equal(new byte[8], DebugContent(TestGuest.Link(source), ".debug_info"));
    }

    [Fact]
    public void The_map_has_sections_with_their_parts_and_symbols() => Assert.Equal(
        """
        address          size     section, part or symbol
        0000000000001000       10 .text
        0000000000001000       10   one.o:(.text)
        0000000000001000        0     entrypoint
        0000000000002000       80 .dynamic
        0000000000002080       10 .data
        0000000000002080       10   two.o:(.data)
        0000000000002088        5     value

        """.ReplaceLineEndings("\n"),
        TestGuest.Link(Inputs()).Linked.Map);

    [Fact]
    public void Culture_folder_and_threads_change_nothing()
    {
        LinkedGuest first = TestGuest.Link(Inputs()).Linked;
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (other.NumberFormat.NegativeSign, other.NumberFormat.NumberGroupSeparator) = ("minus", "'");
        CultureInfo.CurrentCulture = other;
        try
        {
            Assert.All(
                ParallelEnumerable.Range(0, 8)
                    .Select(i => TestGuest.Link([.. Inputs().Select(input => input with { Name = $"/folder{i}/{input.Name}" })]).Linked)
                    .ToArray(),
                again =>
                {
                    Assert.Equal(first.Image, again.Image);
                    Assert.Equal(first.SymbolFile, again.SymbolFile);
                    Assert.Equal(first.Map, again.Map);
                });
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Objects_lie_in_the_order_of_the_inputs()
    {
        LinkInput[] inputs =
        [
            TestObject.WithEntry(Zeros).Input(),
            .. "abcd".Select(name => new TestObject()
                .WithSection(".text", Zeros, TestObject.Code | ElfSectionFlags.Retain).WithSymbol($"{name}", 1).Input($"{name}.o")),
        ];
        Random random = new(1);
        for (int round = 0; round < 10; round++)
        {
            random.Shuffle(inputs);
            TestGuest guest = TestGuest.Link(inputs);

            Assert.Equal(
                inputs.Select(input => input.Name == "test.o" ? "entrypoint" : input.Name[..1]),
                guest.Symbols().Where(symbol => symbol.Name.Length > 0).OrderBy(symbol => symbol.Value).Select(symbol => symbol.Name));
        }
    }

    /// <summary>Adds debug information with the address of a symbol, and with the offset of a text.</summary>
    private static TestObject Debugged(TestObject source, string symbol, string text, Func<TestObject, TestObject>? before = null)
    {
        int info = before is null ? 2 : 3;
        return (before?.Invoke(source) ?? source)
            .WithSection(".debug_info", Zeros, 0)
            .WithSection(".debug_str", Encoding.ASCII.GetBytes(text + "\0"), (ElfSectionFlags)0x30, alignment: 1)
            .WithSymbol("texts of " + symbol, info + 1, binding: ElfSymbolBinding.Local)
            .WithRelocation(RelocationType.Absolute64, symbol, 0, section: info)
            .WithRelocation(RelocationType.Absolute32, "texts of " + symbol, 8, section: info);
    }

    private static byte[] DebugContent(TestGuest guest, string name)
    {
        ElfSection section = ElfFile.TryRead(guest.Linked.SymbolFile, [])!.Sections.Single(section => section.Name == name);
        return guest.Linked.SymbolFile.AsSpan((int)section.Offset, (int)section.Size).ToArray();
    }

    private static LinkInput[] Inputs() =>
    [
        TestObject.WithEntry(Zeros).WithSymbol("inner", 1, 8, 3, ElfSymbolBinding.Local, ElfSymbolType.Function)
            .WithSymbol("value", TestObject.Undefined).WithRelocation(RelocationType.Relative32, "value", 0).Input("one.o"),
        new TestObject().WithSection(".data", Zeros, TestObject.Data).WithSymbol("value", 1, 8, 5, ElfSymbolBinding.Weak)
            .WithSymbol("number", TestObject.Absolute, 77).Input("two.o"),
    ];
}
