namespace Hyperlight.Linking;

/// <summary>A section of the guest, and what it consists of.</summary>
/// <param name="Name">The name.</param>
/// <param name="Segment">The segment that the section lies in.</param>
/// <param name="Patterns">The sections of objects, one run after the other; none for a section that only the linker fills.</param>
internal sealed record SectionRule(string Name, LoadSegment Segment, params InputPattern[] Patterns)
{
    /// <summary>Gets the least alignment of the section's start.</summary>
    public ulong Alignment { get; init; } = 1;

    /// <summary>Gets the symbol at the start of the section; <c>null</c> for none.</summary>
    public string? StartSymbol { get; init; }

    /// <summary>Gets the symbol at the end of the section; <c>null</c> for none.</summary>
    public string? EndSymbol { get; init; }
}
