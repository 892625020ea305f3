namespace Hyperlight.Linking;

/// <summary>The symbols that the linker defines, where an object names them and none defines them.</summary>
internal sealed class LayoutSymbols
{
    private readonly List<(LinkSymbol Symbol, Func<ulong> Address)> _defined = [];

    /// <summary>Defines the symbols. Their addresses are known later.</summary>
    /// <param name="symbols">The symbols of the guest.</param>
    /// <param name="layout">The layout of the guest.</param>
    /// <param name="outputs">The sections of the guest.</param>
    public LayoutSymbols(SymbolTable symbols, LinkLayout layout, IReadOnlyList<OutputSection> outputs)
    {
        Dictionary<string, Func<ulong>> addresses = new(StringComparer.Ordinal) { ["__ehdr_start"] = () => 0 };
        void Name(string? name, Func<ulong> address)
        {
            if (name is not null)
            {
                addresses.Add(name, address);
            }
        }

        Name(layout.StartSymbol, () => 0);
        Name(layout.EndSymbol, () => outputs.Where(output => output.Size > 0).Max(output => output.End));
        foreach (OutputSection output in outputs)
        {
            SectionRule? rule = Array.Find(layout.Rules, rule => rule.Name == output.Name);
            Name(rule?.StartSymbol, () => output.Address);
            Name(rule?.EndSymbol, () => output.End);
            Name(output.Name == SectionNames.Dynamic ? "_DYNAMIC" : null, () => output.Address);
            Name(output.Name == SectionNames.Got ? "_GLOBAL_OFFSET_TABLE_" : null, () => output.Address);
            if (output.Parts.Count > 0 && SectionNames.IsIdentifier(output.Name))
            {
                Name("__start_" + output.Name, () => output.Address);
                Name("__stop_" + output.Name, () => output.End);
            }
        }

        foreach (LinkSymbol symbol in symbols.Shared.Where(symbol => symbol.State == SymbolState.Undefined))
        {
            if (addresses.TryGetValue(symbol.Name, out Func<ulong>? address))
            {
                symbol.State = SymbolState.Defined;
                _defined.Add((symbol, address));
            }
        }
    }

    /// <summary>Sets the addresses of the symbols, after the sections have theirs.</summary>
    public void SetAddresses() => _defined.ForEach(defined => defined.Symbol.Value = defined.Address());
}
