using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>A symbol: a local one of one object, or one that all objects share by its name.</summary>
/// <param name="name">The name; empty for the symbol of a section.</param>
internal sealed class LinkSymbol(string name)
{
    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets or sets what is known of the place.</summary>
    public SymbolState State { get; set; }

    /// <summary>Gets or sets whether an object needs the symbol: not all references are weak.</summary>
    public bool IsNeeded { get; set; }

    /// <summary>Gets or sets whether the definition is weak, so that another one replaces it.</summary>
    public bool IsWeak { get; set; }

    /// <summary>Gets or sets whether the symbol belongs to one object.</summary>
    public bool IsLocal { get; set; }

    /// <summary>Gets or sets the type.</summary>
    public ElfSymbolType Type { get; set; }

    /// <summary>Gets or sets the object with the definition; <c>null</c> if the layout defines the symbol, or nothing does.</summary>
    public InputObject? Object { get; set; }

    /// <summary>Gets or sets the section with the definition; <c>null</c> if <see cref="Value"/> is an address.</summary>
    public InputSection? Section { get; set; }

    /// <summary>Gets or sets the offset in the section; the address without a section; the alignment of a common symbol.</summary>
    public ulong Value { get; set; }

    /// <summary>Gets or sets the size in bytes.</summary>
    public ulong Size { get; set; }

    /// <summary>Gets or sets the number of the slot in the global offset table; -1 for no slot.</summary>
    public int GotSlot { get; set; } = -1;

    /// <summary>Gets whether the value does not move with the guest: a constant, or a symbol that nothing defines.</summary>
    public bool IsConstant => State is SymbolState.Absolute or SymbolState.Undefined;

    /// <summary>Gets the address in the guest; 0 for a symbol that nothing defines.</summary>
    public ulong Address => State == SymbolState.Undefined ? 0 : Section is null ? Value : Section.AddressOf(Value);
}
