namespace Hyperlight.Linking;

/// <summary>The input of a link. The bytes of the guest depend on nothing else.</summary>
internal sealed record LinkRequest
{
    /// <summary>
    /// Gets the objects and archives. Objects are linked in this order. Of archives only the members are linked that define what is wanted;
    /// each archive can want members of every other one, whatever their order.
    /// </summary>
    public required IReadOnlyList<LinkInput> Inputs { get; init; }

    /// <summary>Gets the sections, segments and symbols of the guest.</summary>
    public LinkLayout Layout { get; init; } = LinkLayout.Linux;

    /// <summary>Gets whether parts that nothing refers to are kept.</summary>
    public bool KeepsUnused { get; init; }
}
