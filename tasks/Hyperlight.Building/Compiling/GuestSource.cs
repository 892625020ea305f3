namespace Hyperlight.Compiling;

/// <summary>A source file of a guest.</summary>
/// <param name="Path">The absolute path.</param>
/// <param name="Options">The options of the compiler that the project gives the source.</param>
internal sealed record GuestSource(string Path, IReadOnlyList<string> Options);
