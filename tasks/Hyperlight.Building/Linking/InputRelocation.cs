namespace Hyperlight.Linking;

/// <summary>A place in a section that gets the value of a symbol.</summary>
/// <param name="Offset">The offset of the place in its section.</param>
/// <param name="Type">The kind of the value.</param>
/// <param name="Symbol">The symbol.</param>
/// <param name="Addend">The number that is added to the symbol's address.</param>
internal readonly record struct InputRelocation(ulong Offset, RelocationType Type, LinkSymbol Symbol, long Addend);
