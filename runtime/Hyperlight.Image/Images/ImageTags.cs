namespace Hyperlight.Images;

/// <summary>The tags in the index of an image directory that have a meaning.</summary>
internal static class ImageTags
{
    /// <summary>The tag of an image: a guest that has not run.</summary>
    public const string Initial = "initial";

    /// <summary>The tag of the snapshot that a build takes of the guest after its start.</summary>
    public const string Snapshot = "snapshot";
}
