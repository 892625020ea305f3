using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The rules for constructors: functions that run before the program. A loader or the start code of a C library calls them, and most guests
/// have neither. A guest that calls its constructors itself must refer to their table, or to the dynamic table, which has the address of
/// their table.
/// </summary>
internal static class ConstructorRules
{
    /// <summary>
    /// The section for constructors of old compilers, before SHT_INIT_ARRAY. Its first and its last word are marks, not functions.
    /// </summary>
    private const string OldSection = ".ctors";

    public static void Check(ElfFile elf, AddressReferences references, CappedFindings findings)
    {
        // Another rule reports the missing dynamic loader, which would call the functions.
        if (LoaderRules.NeedsLoader(elf))
        {
            return;
        }

        foreach ((string name, ulong address, ulong size) in Tables(elf))
        {
            // The order matters: the number of tables that are searched for is limited, and a table is read only if nothing refers to it.
            if (!IsUsed(elf, references, address, size) && FirstConstructor(elf, address, size) is { } first)
            {
                findings.Add(Rules.ConstructorsNotRun, first, () =>
                    $"{name} at 0x{address:X} names functions to call before the program starts, "
                    + $"the first of them {SymbolNames.Function(elf, first)}, and nothing in the guest refers to the table, "
                    + "so that they never run: call them at the guest's start, from __init_array_start to __init_array_end, "
                    + "or remove what needs them (the attribute constructor, objects of C++ with a constructor).");
            }
        }
    }

    private static IEnumerable<(string Name, ulong Address, ulong Size)> Tables(ElfFile elf)
    {
        bool named = false;
        foreach (ElfSection section in elf.Sections)
        {
            bool isTable = section.Type is ElfSectionType.InitializationArray or ElfSectionType.PreinitializationArray;
            if ((section.Flags & ElfSectionFlags.Allocate) != 0 && section.Size > 0 && (isTable || section.Name == OldSection))
            {
                named = true;
                yield return (SymbolNames.Quote(section.Name), section.Address, section.Size);
            }
        }

        if (!named && elf.FindDynamic(ElfDynamicTag.PreinitializationArray) is { } preinit)
        {
            yield return ("DT_PREINIT_ARRAY", preinit, elf.FindDynamic(ElfDynamicTag.PreinitializationArraySize) ?? 0);
        }

        if (!named && elf.FindDynamic(ElfDynamicTag.InitializationArray) is { } init)
        {
            yield return ("DT_INIT_ARRAY", init, elf.FindDynamic(ElfDynamicTag.InitializationArraySize) ?? 0);
        }
    }

    private static bool IsUsed(ElfFile elf, AddressReferences references, ulong address, ulong size) =>
        references.Reach(address, size)
        || elf.Segments.Any(segment => segment.Type == ElfSegmentType.Dynamic
            && references.Reach(segment.VirtualAddress, segment.MemorySize));

    /// <summary>Finds the first address of a function: a word of the table, or the addend of the relocation of a word.</summary>
    private static ulong? FirstConstructor(ElfFile elf, ulong address, ulong size)
    {
        ulong mask = elf.Format.LastAddress;
        ulong wordSize = (ulong)elf.WordSize;
        ulong least = ulong.MaxValue;
        ulong? first = null;
        foreach (ElfRelocation relocation in elf.Relocations)
        {
            if (relocation is { Type: ElfRelocation.Relative, Addend: { } addend } && relocation.Offset >= address
                && relocation.Offset - address < size && relocation.Offset < least)
            {
                (least, first) = (relocation.Offset, unchecked((ulong)addend));
            }
        }

        ReadOnlySpan<byte> words = elf.BytesAt(address, size);
        for (; first is null && words.Length >= (int)wordSize; words = words[(int)wordSize..])
        {
            ulong word = new ElfCursor(words, elf.Format).ReadWord();
            first = word != 0 && word != mask ? word : null;
        }

        return first;
    }
}
