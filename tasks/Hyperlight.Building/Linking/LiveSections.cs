using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>Finds the sections that a guest needs: those that the layout keeps, the entry point, and what these refer to.</summary>
internal sealed class LiveSections
{
    private readonly Stack<InputSection> _work = new();
    private readonly Dictionary<string, List<InputSection>> _byName = new(StringComparer.Ordinal);
    private readonly LinkLayout _layout;

    private LiveSections(LinkLayout layout) => _layout = layout;

    /// <summary>Marks the sections.</summary>
    /// <param name="symbols">The objects and symbols of the guest.</param>
    /// <param name="layout">The layout of the guest.</param>
    public static void Mark(SymbolTable symbols, LinkLayout layout) => new LiveSections(layout).Run(symbols);

    private void Run(SymbolTable symbols)
    {
        InputSection[] all =
        [
            .. symbols.Objects.SelectMany(from => from.Sections).OfType<InputSection>()
                .Where(section => !section.IsDiscarded && !_layout.Discarded.Matches(section.Name)),
        ];
        foreach (InputSection section in all.Where(section => SectionNames.IsIdentifier(section.Name)))
        {
            if (!_byName.TryGetValue(section.Name, out List<InputSection>? sections))
            {
                _byName.Add(section.Name, sections = []);
            }

            sections.Add(section);
        }

        InputPattern[] kept = [.. _layout.Rules.SelectMany(rule => rule.Patterns).Where(pattern => pattern.Keeps)];
        foreach (InputSection section in all)
        {
            bool isTable = section.Type is ElfSectionType.InitializationArray or ElfSectionType.FinalizationArray
                or ElfSectionType.PreinitializationArray;
            if (isTable || section.Has(ElfSectionFlags.Retain) || Array.Exists(kept, keep => keep.Matches(section.Name)))
            {
                Add(section);
            }
        }

        Add(symbols.Find(LinkLayout.Entry)?.Section);
        while (_work.TryPop(out InputSection? section))
        {
            Follow(section);
        }
    }

    private void Add(InputSection? section)
    {
        if (section is { IsLive: false, IsDiscarded: false } && !_layout.Discarded.Matches(section.Name))
        {
            section.IsLive = true;
            _work.Push(section);
        }
    }

    private void Follow(InputSection section)
    {
        section.Group?.ForEach(Add);

        // An unwinding entry keeps nothing. The code that the entry describes keeps what the entry needs.
        if (section.Name == SectionNames.Unwind)
        {
            return;
        }

        Follow(section.Relocations);
        foreach (UnwindEntry entry in section.Frames)
        {
            Follow(entry.Relocations.Span[1..]);
            Follow(entry.Common!.Relocations.Span);
        }
    }

    private void Follow(ReadOnlySpan<InputRelocation> relocations)
    {
        foreach (InputRelocation relocation in relocations)
        {
            LinkSymbol symbol = relocation.Symbol;
            if (symbol.State == SymbolState.Undefined
                && SectionNames.Bounded(symbol.Name) is { } name
                && _byName.TryGetValue(name, out List<InputSection>? sections))
            {
                sections.ForEach(Add);
            }

            Add(symbol.Section);
        }
    }
}
