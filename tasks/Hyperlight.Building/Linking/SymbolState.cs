namespace Hyperlight.Linking;

/// <summary>The kinds of place that a symbol can have.</summary>
internal enum SymbolState
{
    /// <summary>Nothing defines the symbol.</summary>
    Undefined,

    /// <summary>The linker gives the symbol memory (a variable of C without a value, compiled with <c>-fcommon</c>).</summary>
    Common,

    /// <summary>The symbol is a place in the guest.</summary>
    Defined,

    /// <summary>The symbol is a number.</summary>
    Absolute,
}
