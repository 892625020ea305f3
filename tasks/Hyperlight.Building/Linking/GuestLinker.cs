using Hyperlight.Elf;
using Hyperlight.SourceLines;

namespace Hyperlight.Linking;

/// <summary>
/// Links guests for x86-64: objects and archives become one static ELF file that can be moved, whose only relocations are relative. The
/// methods read and write no files. Equal inputs give equal bytes on all computers.
/// </summary>
internal static class GuestLinker
{
    /// <summary>Links a guest.</summary>
    /// <param name="inputs">
    /// The objects and archives. Objects are linked in this order. Of archives only the members are linked that define what is wanted; each
    /// archive can want members of every other one, whatever their order.
    /// </param>
    /// <param name="findings">Receives HL7001 to HL7010: at most five findings of each rule, and then the number of the others.</param>
    /// <param name="assemblies">
    /// The contents of the assemblies with the author's code, of which one of the objects was made. The symbol file names their methods.
    /// </param>
    /// <returns>The guest; <c>null</c> if an error was found.</returns>
    public static LinkedGuest? Link(
        IReadOnlyList<LinkInput> inputs, ICollection<Finding> findings, IReadOnlyList<ReadOnlyMemory<byte>>? assemblies = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(findings);
        LinkFindings found = new(findings);
        try
        {
            return Link(inputs, found, assemblies ?? []);
        }
        catch (HyperlightException e) when (e.Finding is { } finding)
        {
            findings.Add(finding);
            return null;
        }
        catch (OverflowException)
        {
            findings.Add(Rules.LinkLimit.Found(
                $"the sizes of sections add up to more than 64 bits, allowed are 0x{AddressPlan.MostBytes:x} bytes: "
                + $"build the objects again."));
            return null;
        }
        finally
        {
            found.Close();
        }
    }

    private static LinkedGuest? Link(
        IReadOnlyList<LinkInput> inputs, LinkFindings findings, IReadOnlyList<ReadOnlyMemory<byte>> assemblies)
    {
        LinkLayout layout = LinkLayout.Linux;
        SymbolTable symbols = new(findings);
        symbols.Need(LinkLayout.Entry);
        InputLoader.Load(inputs, symbols);

        UnwindTable unwinding = new();
        unwinding.Read(symbols.Objects);
        LiveSections.Mark(symbols, layout);
        List<OutputSection> outputs = SectionPlacer.Place(symbols, layout);
        unwinding.Keep();
        LayoutSymbols made = new(symbols, layout, outputs);
        RelocationScanner scanner = new(findings);
        scanner.Scan(outputs, unwinding);
        LinkSymbol entry = symbols.Find(LinkLayout.Entry)!;
        if (entry.State == SymbolState.Undefined)
        {
            findings.Add(Rules.LinkUndefined, () =>
                $"the symbol '{entry.Name}' is the guest's first instruction and defined nowhere: add the objects of the guest kit.");
        }

        if (findings.HasErrors)
        {
            return null;
        }

        ImageWriter.SizeMadeSections(outputs, scanner, unwinding);
        AddressPlan plan = new(outputs, ElfBuilder.HeadersSize);
        made.SetAddresses();
        byte[] image = ImageWriter.Write(plan, scanner, unwinding, findings);
        if (findings.HasErrors)
        {
            return null;
        }

        byte[] guest = [];
        byte[] symbolFile = [];
        string map = "";
        Parallel.Invoke(
            () => guest = ElfBuilder.Build(image, plan, entry.Address, symbols: null),
            () => symbolFile = ElfBuilder.Build(
                image,
                plan,
                entry.Address,
                GuestSymbols.Of(symbols, plan),
                [.. DebugInformation.Of(symbols, plan), .. MethodNamesOf(symbols, assemblies)]),
            () => map = LinkMap.Write(symbols, plan));
        return new(guest, symbolFile, map);
    }

    private static IEnumerable<(string Name, byte[] Content)> MethodNamesOf(
        SymbolTable symbols, IReadOnlyList<ReadOnlyMemory<byte>> assemblies)
    {
        IEnumerable<string> functions = symbols.Objects.SelectMany(from => from.Symbols)
            .Where(symbol => symbol is { Type: ElfSymbolType.Function, Section.Output: not null })
            .Select(symbol => symbol.Name);
        byte[] names = assemblies.Count == 0 ? [] : new MethodNames(assemblies).Write(functions);
        return names.Length == 0 ? [] : [(MethodNames.Section, names)];
    }
}
