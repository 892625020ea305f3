namespace Hyperlight.Linking;

/// <summary>Sections of objects that become one run of a section of the guest, in the order of the objects.</summary>
/// <param name="Names">The names. A name that ends with <c>.*</c> stands for all names that start as it does.</param>
internal sealed record InputPattern(params string[] Names)
{
    /// <summary>Gets whether the sections are kept, even if nothing refers to them.</summary>
    public bool Keeps { get; init; }

    /// <summary>Gets whether the sections are ordered by the number at the end of their names.</summary>
    public bool IsByPriority { get; init; }

    /// <summary>Gets whether a name is one of <see cref="Names"/>.</summary>
    public bool Matches(string name) => Names.Any(
        pattern => pattern.EndsWith(".*", StringComparison.Ordinal)
            ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
            : name == pattern);

    /// <summary>Gets the pattern as a linker script has it.</summary>
    public override string ToString()
    {
        string names = string.Join(' ', Names);
        string statement = IsByPriority ? $"*(SORT_BY_INIT_PRIORITY({names}))" : $"*({names})";
        return Keeps ? $"KEEP({statement})" : statement;
    }
}
