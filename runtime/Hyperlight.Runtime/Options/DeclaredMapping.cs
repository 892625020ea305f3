namespace Hyperlight;

/// <summary>
/// A file or region that a sandbox maps before its guest's initialisation runs. One of <see cref="Path"/> and <see cref="Region"/> is set.
/// </summary>
internal sealed record DeclaredMapping
{
    /// <summary>Gets the guest-physical address of the first byte.</summary>
    public required GuestPhysicalAddress Address { get; init; }

    /// <summary>Gets the path of the file.</summary>
    public string? Path { get; init; }

    /// <summary>Gets the label under which the guest finds the file; <c>null</c> for the name of the file.</summary>
    public string? Label { get; init; }

    /// <summary>Gets the region.</summary>
    public SharedRegion? Region { get; init; }
}
