using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The rules for relocations. The bake applies relocations that only add the load address. All other kinds need a dynamic loader or start
/// code of the guest. Relocations into a segment that is not writable (DT_TEXTREL) are allowed, because the segment is not mapped during a
/// bake.
/// </summary>
internal static class RelocationRules
{
    // The types for thread-local variables, whose addresses depend on the thread, of both machines (psABI supplements).
    private static readonly uint[] ThreadLocal386 = [14, 35, 36, 37, 41];
    private static readonly uint[] ThreadLocalAmd64 = [16, 17, 18, 36];

    public static void Check(ElfFile elf, AddressReferences references, CappedFindings findings)
    {
        LoadedRanges loaded = new(elf.LoadSegments);
        ulong wordSize = (ulong)elf.WordSize;
        foreach (ElfRelocation relocation in elf.Relocations)
        {
            if (relocation.Type is not (ElfRelocation.None or ElfRelocation.Relative))
            {
                Report(relocation, elf, findings);
            }
            else if (relocation.Type == ElfRelocation.Relative && !loaded.Contain(relocation.Offset, wordSize))
            {
                ReportRange(relocation, elf, findings);
            }
        }

        foreach (ElfLeftTable table in elf.LeftTables)
        {
            // A guest that applies a table itself must refer to the table.
            if (!references.Reach(table.Address, table.Size))
            {
                foreach (ElfRelocation relocation in table.Relocations.Where(relocation => relocation.Type != ElfRelocation.None))
                {
                    Report(relocation, elf, findings, table);
                }
            }
        }
    }

    private static void Report(ElfRelocation relocation, ElfFile elf, CappedFindings findings, ElfLeftTable? table = null) =>
        findings.Add(Rules.UnsupportedRelocation, PlaceOf(relocation, elf), () =>
        {
            string name = $"{RelocationNames.Describe(elf.Machine, relocation.Type)} at 0x{relocation.Offset:X}";
            if (relocation.Type == ElfRelocation.IndirectOf(elf.Machine))
            {
                return DescribeIndirect(relocation, name, elf);
            }

            if (table is not null)
            {
                return $"the relocation {name} is in the section {SymbolNames.Quote(table.Section)}, "
                    + "which the dynamic table does not name, so that nothing applies it; "
                    + "relocations are applied where PT_DYNAMIC leads to them: "
                    + "give .dynamic a PT_DYNAMIC header in the linker script (PHDRS), or link for a fixed address (-static -no-pie).";
            }

            (string found, string remedy) = Describe(relocation, elf);
            return $"the relocation {name} {found}, only {RelocationNames.Describe(elf.Machine, ElfRelocation.Relative)} can be applied "
                + $"at build time: {remedy}.";
        });

    private static (string Found, string Remedy) Describe(ElfRelocation relocation, ElfFile elf)
    {
        string? symbol = elf.DynamicSymbol(relocation.Symbol) is { Name.Length: > 0 } found ? SymbolNames.Quote(found.Name) : null;
        if ((elf.Machine == ElfMachine.I386 ? ThreadLocal386 : ThreadLocalAmd64).Contains(relocation.Type))
        {
            return ($"is of {(symbol is null ? "a thread-local variable" : $"the thread-local variable {symbol}")}, whose place depends "
                + "on the thread",
                "link as a program (-static-pie -nostdlib), not as a shared library, or compile with -ftls-model=local-exec");
        }

        if (symbol is null)
        {
            return ("depends on more than the load address",
                "link statically (-static-pie -nostdlib), define every symbol in the guest, compile with -fvisibility=hidden");
        }

        return elf.DynamicSymbol(relocation.Symbol) is { SectionIndex: ElfSymbol.Undefined }
            ? ($"asks for the symbol {symbol}, which the guest does not define",
                $"define {symbol} in the guest, or link the static library that does")
            : ($"asks for the symbol {symbol}, which a dynamic loader could replace",
                "link as a program (-static-pie -nostdlib), not as a shared library, or compile with -fvisibility=hidden");
    }

    private static ulong PlaceOf(ElfRelocation relocation, ElfFile elf) =>
        relocation.Type == ElfRelocation.IndirectOf(elf.Machine) ? ResolverOf(relocation, elf) : relocation.Offset;

    private static ulong ResolverOf(ElfRelocation relocation, ElfFile elf) =>
        relocation.Addend is { } addend ? unchecked((ulong)addend) : elf.WordAt(relocation.Offset) ?? 0;

    private static string DescribeIndirect(ElfRelocation relocation, string name, ElfFile elf)
    {
        ulong resolver = ResolverOf(relocation, elf);
        string function = SymbolNames.Function(elf, resolver, ElfSymbolType.IndirectFunction);
        string chosenBy = SymbolNames.Function(elf, resolver);
        string found = (function.StartsWith('\''), chosenBy.StartsWith('\'')) switch
        {
            (true, true) => $"the function {function} is chosen by the resolver {chosenBy}",
            (true, false) => $"the function {function} is chosen by a resolver",
            // lld gives the function the address of its entry in the procedure linkage table.
            (false, _) => $"a function is chosen by the resolver {chosenBy}",
        };
        return found
            + $" when the program starts (IFUNC, relocation {name}), nothing calls resolvers in a guest: "
            + "replace the attribute ifunc or target_clones by an ordinary function, "
            + "or link a C library that was built without them (musl, picolibc).";
    }

    private static void ReportRange(ElfRelocation relocation, ElfFile elf, CappedFindings findings) =>
        findings.Add(Rules.RelocationRange, relocation.Offset, () =>
            $"the relocation {RelocationNames.Describe(elf.Machine, relocation.Type)} changes {elf.WordSize} bytes at "
            + $"0x{relocation.Offset:X}, "
            + "these must all lie in one loaded segment: check which sections the linker script discards or leaves out of the segments.");
}
