using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

public sealed class ElfSymbolTests
{
    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void Symbols_are_read_with_every_field(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64().WithClass(elfClass)
            .WithSymbol("entrypoint", 0x10, 0x20).WithSymbol("état", 0x2000, 4, ElfSymbolType.Data)).Elf!;

        Assert.Equal(
            [
                new("entrypoint", 0x10, 0x20, ElfSymbolType.Function, ElfSymbolBinding.Global, 1),
                new("état", 0x2000, 4, ElfSymbolType.Data, ElfSymbolBinding.Global, 1),
            ],
            elf.Symbols);
    }

    [Fact]
    public void A_stripped_file_has_no_symbols() => Assert.Empty(GuestReport.OfReading(TestElf.Amd64().WithoutSections()).Elf!.Symbols);

    [Fact]
    public void A_symbol_table_without_strings_is_empty_and_no_finding()
    {
        // A symbol table that a test adds has sh_link 0, the empty section header, whose string table is empty.
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithSection(".symtab", ElfSectionType.SymbolTable, new byte[48]));

        Assert.Equal([""], report.Elf!.Symbols.Select(symbol => symbol.Name));
        Assert.Empty(report.Findings);
    }
}
