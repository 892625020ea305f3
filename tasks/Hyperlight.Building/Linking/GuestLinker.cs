namespace Hyperlight.Linking;

/// <summary>
/// Links guests for x86-64: objects and archives become one static ELF file that can be moved, whose only relocations are relative. The
/// methods read and write no files. Equal requests give equal bytes on all computers.
/// </summary>
internal static class GuestLinker
{
    /// <summary>Links a guest.</summary>
    /// <param name="request">The objects, archives and layout.</param>
    /// <param name="findings">Receives HL7001 to HL7010: at most five findings of each rule, and then the number of the others.</param>
    /// <returns>The guest; <c>null</c> if an error was found.</returns>
    public static LinkedGuest? Link(LinkRequest request, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(findings);
        LinkFindings found = new(findings);
        try
        {
            return Link(request, found);
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

    private static LinkedGuest? Link(LinkRequest request, LinkFindings findings)
    {
        LinkLayout layout = request.Layout;
        SymbolTable symbols = new(findings);
        symbols.Need(LinkLayout.Entry);
        InputLoader.Load(request.Inputs, symbols);

        UnwindTable unwinding = new();
        if (!layout.Discarded.Matches(SectionNames.Unwind))
        {
            unwinding.Read(symbols.Objects);
        }

        LiveSections.Mark(symbols, request);
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
        AddressPlan plan = new(outputs, ElfBuilder.HeaderSize(layout));
        made.SetAddresses();
        byte[] image = ImageWriter.Write(plan, scanner, unwinding, findings);
        if (findings.HasErrors)
        {
            return null;
        }

        return new(
            ElfBuilder.Build(image, plan, layout, entry.Address, symbols: null),
            ElfBuilder.Build(image, plan, layout, entry.Address, GuestSymbols.Of(symbols, plan)),
            LinkMap.Write(symbols, plan));
    }
}
