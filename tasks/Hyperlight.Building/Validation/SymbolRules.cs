using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The rules for undefined symbols. Linkers give the address 0 to weak symbols, and to others if an option allows undefined symbols.
/// Programs may check whether a weak symbol is defined, as C libraries do. A program must not call a weak function without the check.
/// </summary>
internal static class SymbolRules
{
    /// <summary>
    /// The names of the function that finds a thread-local variable, for amd64 and for i686. In a program without a loader the linker
    /// replaces each call of the function by the variable's address, and some linkers keep the name.
    /// </summary>
    private static readonly string[] ReplacedByLinkers = ["__tls_get_addr", "___tls_get_addr"];

    public static void Check(ElfFile elf, CappedFindings findings)
    {
        // Other rules report the cause if a dynamic loader or a library is missing, or a relocation has a symbol. An object file is not
        // linked yet.
        if (elf.Type == ElfType.Relocatable || LoaderRules.NeedsLoader(elf)
            || elf.Relocations.Any(relocation => relocation.Symbol != 0 && relocation.Type != ElfRelocation.None))
        {
            return;
        }

        List<string> weak = [];
        foreach (ElfSymbol symbol in elf.Symbols)
        {
            if (symbol.SectionIndex != ElfSymbol.Undefined || symbol.Name.Length == 0 || ReplacedByLinkers.Contains(symbol.Name))
            {
                continue;
            }

            if (symbol.Binding == ElfSymbolBinding.Global)
            {
                findings.Add(Rules.UndefinedSymbol, () =>
                    $"nothing defines the symbol {SymbolNames.Quote(symbol.Name)}, so that its address is 0: "
                    + "define it in the guest, or link the library that does, "
                    + "and link with -Wl,--no-undefined, so that the linker reports undefined symbols.");
            }
            else if (symbol.Binding == ElfSymbolBinding.Weak || (symbol.Type == ElfSymbolType.None && !symbol.Name.StartsWith('_')))
            {
                // mold gives undefined symbols the binding of local symbols. It also adds symbols of its own, whose names start with an
                // underscore.
                weak.Add(symbol.Name);
            }
        }

        ReportWeak(elf, weak, findings);
    }

    private static void ReportWeak(ElfFile elf, List<string> weak, CappedFindings findings)
    {
        string names = SymbolNames.List(weak);
        bool called = false;
        foreach (ElfSymbol function in CallsOfNothing.In(elf))
        {
            called = true;
            findings.Add(Rules.UndefinedSymbol, function.Value, () =>
            {
                string caller = SymbolNames.Quote(function.Name);
                string remedy = "and does not compare its address with NULL first, so that the call leads to address 0: "
                    + "define the symbol in the guest, or add the comparison.";
                return weak.Count switch
                {
                    // GNU ld does not write undefined weak symbols to the symbol table.
                    0 => $"the function {caller} calls a weak symbol that nothing defines {remedy} "
                        + "nm -u names the undefined symbols of its object file.",
                    1 => $"the function {caller} calls the weak symbol {names}, which nothing defines, {remedy}",
                    _ => $"the function {caller} calls one of the weak symbols {names}, which nothing defines, {remedy}",
                };
            });
        }

        if (!called && weak.Count > 0)
        {
            findings.Add(Rules.WeakSymbol, () => weak.Count == 1
                ? $"nothing defines the weak symbol {names}, so that its address is 0: "
                    + "the guest must compare the address with NULL before it uses the symbol."
                : $"nothing defines the weak symbols {names}, so that their addresses are 0: "
                    + "the guest must compare the address of such a symbol with NULL before it uses the symbol.");
        }
    }
}
