namespace Hyperlight;

// The properties by which an operator tells sandboxes apart.
public sealed partial class Sandbox
{
    /// <summary>Gets the name of the guest.</summary>
    public string Name => _runner.Name;

    /// <summary>Gets the layout of the guest's memory.</summary>
    public GuestLayout Layout => _machine.Map.Layout;

    /// <summary>
    /// Gets the <see cref="GuestImage.Digest"/> of the image that the guest was started from, or <c>null</c> if the digest is not known.
    /// After a restore the digest is that of the snapshot.
    /// </summary>
    public string? ImageDigest => _machine.ImageDigest;
}
