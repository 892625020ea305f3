using System.Globalization;
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

    private static LinkInput[] Inputs() =>
    [
        TestObject.WithEntry(Zeros).WithSymbol("inner", 1, 8, 3, ElfSymbolBinding.Local, ElfSymbolType.Function)
            .WithSymbol("value", TestObject.Undefined).WithRelocation(RelocationType.Relative32, "value", 0).Input("one.o"),
        new TestObject().WithSection(".data", Zeros, TestObject.Data).WithSymbol("value", 1, 8, 5, ElfSymbolBinding.Weak)
            .WithSymbol("number", TestObject.Absolute, 77).Input("two.o"),
    ];
}
