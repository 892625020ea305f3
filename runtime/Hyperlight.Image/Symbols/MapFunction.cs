namespace Hyperlight.Symbols;

/// <summary>A function of a guest.</summary>
/// <param name="Address">The address of its first byte.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct MapFunction(ulong Address, ulong Size, string Name);
