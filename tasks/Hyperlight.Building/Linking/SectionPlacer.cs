using System.Globalization;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>Puts the live sections of all objects into the sections of the guest.</summary>
internal sealed class SectionPlacer
{
    private readonly LinkLayout _layout;
    private readonly List<OutputSection> _outputs = [];
    private readonly Dictionary<string, OutputSection> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (OutputSection Output, int Run, bool IsByPriority)> _found = new(StringComparer.Ordinal);

    private SectionPlacer(LinkLayout layout)
    {
        _layout = layout;
        foreach (SectionRule rule in layout.Rules)
        {
            AddOutput(_outputs.Count, new(rule.Name, rule.Segment) { Alignment = rule.Alignment });
        }
    }

    /// <summary>Places the sections.</summary>
    /// <param name="symbols">The objects, and the symbols that get memory.</param>
    /// <param name="layout">The layout of the guest.</param>
    /// <returns>The sections of the guest in the order of their addresses, some of them empty.</returns>
    public static List<OutputSection> Place(SymbolTable symbols, LinkLayout layout)
    {
        SectionPlacer placer = new(layout);
        placer.PlaceSections(symbols);
        placer.PlaceCommon(symbols);
        placer._outputs.ForEach(output => output.Arrange());
        return placer._outputs;
    }

    private void PlaceSections(SymbolTable symbols)
    {
        Dictionary<OutputSection, List<(int Run, uint Priority, InputSection Section)>> parts = [];
        foreach (InputSection? section in symbols.Objects.SelectMany(from => from.Sections))
        {
            if (section is { IsLive: true } && section.Name != SectionNames.Unwind)
            {
                (OutputSection output, int run, bool isByPriority) = Find(section);
                if (!parts.TryGetValue(output, out var list))
                {
                    parts.Add(output, list = []);
                }

                list.Add((run, isByPriority ? PriorityOf(section.Name) : 0, section));
            }
        }

        foreach (OutputSection output in _outputs.Where(parts.ContainsKey))
        {
            AddParts(output, parts[output].OrderBy(part => part.Run).ThenBy(part => part.Priority).Select(part => part.Section));
        }
    }

    // Of equal sections the first gives the place where the merged elements lie.
    private static void AddParts(OutputSection output, IEnumerable<InputSection> sections)
    {
        Dictionary<(ulong, ulong, ElfSectionFlags), (InputSection Merged, List<InputSection> Parts)> mergers = [];
        List<(InputSection Merged, List<InputSection> Parts)> order = [];
        foreach (InputSection section in sections)
        {
            if (!StringMerger.CanMerge(section))
            {
                output.Add(section);
                continue;
            }

            ElfSectionFlags flags = section.Flags & (ElfSectionFlags.Allocate | ElfSectionFlags.Merge | ElfSectionFlags.Strings);
            if (!mergers.TryGetValue((section.ElementSize, section.Alignment, flags), out var merger))
            {
                merger.Merged = new("merged " + section.Name, section.Type, flags)
                {
                    Alignment = section.Alignment,
                    ElementSize = section.ElementSize,
                };
                merger.Parts = [];
                mergers.Add((section.ElementSize, section.Alignment, flags), merger);
                order.Add(merger);
                output.Add(merger.Merged);
            }

            section.Output = output;
            merger.Parts.Add(section);
        }

        order.ForEach(merger => StringMerger.Merge(merger.Parts, merger.Merged));
    }

    private void PlaceCommon(SymbolTable symbols)
    {
        foreach (LinkSymbol symbol in symbols.Shared.Where(symbol => symbol.State == SymbolState.Common))
        {
            InputSection memory = new("COMMON", ElfSectionType.NoBits, ElfSectionFlags.Allocate | ElfSectionFlags.Write)
            {
                Object = symbol.Object,
                Alignment = ulong.IsPow2(symbol.Value) && symbol.Value <= GuestLayout.PageSize
                    ? symbol.Value
                    : throw LinkFailure.Malformed(symbol.Object!.Name, $"'{symbol.Name}' is aligned to {symbol.Value}"),
                Size = symbol.Size,
                IsLive = true,
            };
            _byName[SectionNames.Zeros].Add(memory);
            (symbol.State, symbol.Section, symbol.Value) = (SymbolState.Defined, memory, 0);
        }
    }

    private (OutputSection Output, int Run, bool IsByPriority) Find(InputSection section)
    {
        if (!_found.TryGetValue(section.Name, out var found))
        {
            found = FindRule(section.Name) ?? (Unnamed(section), int.MaxValue, false);
            _found.Add(section.Name, found);
        }

        return found;
    }

    private (OutputSection Output, int Run, bool IsByPriority)? FindRule(string name)
    {
        foreach (SectionRule rule in _layout.Rules)
        {
            int run = Array.FindIndex(rule.Patterns, pattern => pattern.Matches(name));
            if (run >= 0)
            {
                return (_byName[rule.Name], run, rule.Patterns[run].IsByPriority);
            }
        }

        return null;
    }

    // A section that the layout does not name becomes a part of one with its permissions. With the name of an identifier it becomes a
    // section of the guest, because the symbols __start_NAME and __stop_NAME name its ends.
    private OutputSection Unnamed(InputSection section)
    {
        string like = section.Has(ElfSectionFlags.Execute) ? ".text"
            : section.Has(ElfSectionFlags.ThreadLocal) ? SectionNames.ThreadData
            : !section.Has(ElfSectionFlags.Write) ? ".rodata"
            : section.IsZeros ? SectionNames.Zeros : ".data";
        OutputSection output = _byName[like];
        if (!SectionNames.IsIdentifier(section.Name))
        {
            return output;
        }

        // Data with content lies before the zeros, so that the file need not have the zeros.
        OutputSection own = new(section.Name, output.Segment);
        AddOutput(_outputs.IndexOf(output), own);
        return own;
    }

    private void AddOutput(int index, OutputSection output)
    {
        _outputs.Insert(index, output);
        _byName.Add(output.Name, output);
    }

    private static uint PriorityOf(string name) =>
        uint.TryParse(name.AsSpan(name.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint priority)
            ? priority
            : uint.MaxValue;
}
