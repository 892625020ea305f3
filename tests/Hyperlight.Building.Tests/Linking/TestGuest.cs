using System.Buffers.Binary;
using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>A guest that the linker linked, with what tests look at.</summary>
internal sealed record TestGuest(LinkedGuest Linked, ElfFile Elf)
{
    public byte[] Image => Linked.Image;

    /// <summary>Links objects, named 0.o, 1.o and so on.</summary>
    public static TestGuest Link(params TestObject[] objects) => Link([.. objects.Select((source, i) => source.Input($"{i}.o"))]);

    public static TestGuest Link(params LinkInput[] inputs)
    {
        List<Finding> findings = [];
        LinkedGuest? linked = GuestLinker.Link(inputs, findings);
        Assert.Empty(findings);
        ElfFile? elf = ElfFile.TryRead(linked!.Image, findings);
        Assert.Empty(findings);
        return new(linked, elf!);
    }

    public ElfSection Section(string name) => Assert.Single(Elf.Sections, section => section.Name == name);

    /// <summary>Gets the address of a section.</summary>
    public ulong Of(string section) => Section(section).Address;

    /// <summary>Gets the address of a symbol, which the symbol file has.</summary>
    public ulong Symbol(string name) => Assert.Single(Symbols(), symbol => symbol.Name == name).Value;

    public IEnumerable<ElfSymbol> Symbols() => ElfFile.TryRead(Linked.SymbolFile, [])!.Symbols;

    public int Int32(string section, int offset) => BinaryPrimitives.ReadInt32LittleEndian(Image.AsSpan((int)Of(section) + offset));

    public ulong UInt64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Image.AsSpan((int)address));

    /// <summary>Gets bytes as hexadecimal digits.</summary>
    public string Hex(ulong address, int count) => Convert.ToHexString(Image.AsSpan((int)address, count));

    /// <summary>Gets the relative relocations: the address of the word, and the address in the word.</summary>
    public (ulong Place, ulong Target)[] Relative()
    {
        if (!Elf.Sections.Any(section => section.Name == ".rela.dyn"))
        {
            return [];
        }

        ElfSection table = Section(".rela.dyn");
        return [.. Enumerable.Range(0, (int)(table.Size / 24)).Select(i => table.Address + (ulong)(24 * i)).Select(row =>
        {
            Assert.Equal(8ul, UInt64(row + 8));
            return (UInt64(row), UInt64(row + 16));
        })];
    }
}
