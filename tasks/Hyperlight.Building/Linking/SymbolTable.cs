using System.Runtime.InteropServices;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>The objects of a guest, and the symbols that they share.</summary>
/// <param name="findings">Receives HL7005 and HL7007.</param>
internal sealed class SymbolTable(LinkFindings findings)
{
    private readonly Dictionary<string, LinkSymbol> _byName = new(StringComparer.Ordinal);
    private readonly List<LinkSymbol> _shared = [];
    private readonly HashSet<string> _groups = new(StringComparer.Ordinal);

    /// <summary>Gets the objects in the order of their addresses.</summary>
    public List<InputObject> Objects { get; } = [];

    /// <summary>Gets the shared symbols in the order in which objects named them.</summary>
    public IReadOnlyList<LinkSymbol> Shared => _shared;

    /// <summary>Finds a shared symbol; <c>null</c> if no object names it.</summary>
    public LinkSymbol? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Says that the guest needs a symbol, as a reference in an object does.</summary>
    public void Need(string name) => Of(name).IsNeeded = true;

    /// <summary>Gets whether an object needs a symbol that nothing defines yet.</summary>
    public bool IsWanted(string name) => Find(name) is { State: SymbolState.Undefined, IsNeeded: true };

    /// <summary>Discards the groups of an object that an earlier object has.</summary>
    public void DropKnownGroups(InputObject from)
    {
        foreach ((string signature, List<InputSection> members) in from.Groups)
        {
            if (!_groups.Add(signature))
            {
                members.ForEach(member => member.IsDiscarded = true);
            }
        }
    }

    /// <summary>Adds what an object says about a shared symbol.</summary>
    /// <param name="found">The symbol as the object has it.</param>
    /// <returns>The symbol that all objects share.</returns>
    public LinkSymbol Resolve(LinkSymbol found)
    {
        LinkSymbol symbol = Of(found.Name);
        if (found.State == SymbolState.Undefined || found.Section is { IsDiscarded: true })
        {
            symbol.IsNeeded |= found.IsNeeded;
            return symbol;
        }

        if (found.Type == ElfSymbolType.IndirectFunction)
        {
            findings.Add(Rules.LinkIndirect, () =>
                $"the function '{found.Name}' of '{found.Object!.Name}' is chosen by a resolver when the program starts (IFUNC), "
                + "nothing calls resolvers in a guest: replace the attribute ifunc or target_clones by an ordinary function, "
                + "or link a library that was built without them.");
        }

        if (found.State == SymbolState.Common && symbol.State == SymbolState.Common)
        {
            symbol.Size = Math.Max(symbol.Size, found.Size);
            symbol.Value = Math.Max(symbol.Value, found.Value);
        }
        else if (Replaces(found, symbol))
        {
            (symbol.State, symbol.IsWeak, symbol.Type, symbol.Object) = (found.State, found.IsWeak, found.Type, found.Object);
            (symbol.Section, symbol.Value, symbol.Size) = (found.Section, found.Value, found.Size);
        }

        return symbol;
    }

    private bool Replaces(LinkSymbol found, LinkSymbol symbol)
    {
        if (symbol.State == SymbolState.Undefined)
        {
            return true;
        }

        bool isKept = found.IsWeak || (found.State == SymbolState.Common && !symbol.IsWeak);
        if (!isKept && !symbol.IsWeak && symbol.State != SymbolState.Common)
        {
            findings.Add(Rules.LinkDuplicate, () =>
                $"the symbol '{found.Name}' is defined in '{symbol.Object!.Name}' and in '{found.Object!.Name}', "
                + "one definition is allowed: rename one, make one static or weak, or leave one object out.");
            return false;
        }

        return !isKept;
    }

    private LinkSymbol Of(string name)
    {
        ref LinkSymbol? symbol = ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, name, out bool exists);
        if (!exists)
        {
            symbol = new(name);
            _shared.Add(symbol);
        }

        return symbol!;
    }
}
