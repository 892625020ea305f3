namespace Hyperlight.Generator.Tests;

/// <summary>The libraries that a tested project references.</summary>
internal enum Side
{
    /// <summary>The libraries of host and guest.</summary>
    Both,

    /// <summary>The library of a guest.</summary>
    Guest,

    /// <summary>The attributes alone, as a project does that both sides share.</summary>
    Shared,
}
