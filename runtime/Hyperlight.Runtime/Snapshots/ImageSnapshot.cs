namespace Hyperlight.Snapshots;

/// <summary>The snapshot that a build added to an image, loaded once for all sandboxes, or why it is of no use here.</summary>
/// <param name="Snapshot">The snapshot, null when there is none to use.</param>
/// <param name="Finding">Why there is none, null when the image has none anyway.</param>
internal sealed record ImageSnapshot(Snapshot? Snapshot, Finding? Finding) : IDisposable
{
    /// <summary>That of an image. It is loaded the first time.</summary>
    /// <exception cref="HyperlightException">HL3001 to HL3003, HL3005, HL3009: the snapshot is damaged.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    public static ImageSnapshot Of(GuestImage image) => image.Keep(() => image.SnapshotDigest is { } digest ? Load(image, digest) : new(null, null));

    /// <inheritdoc/>
    public void Dispose() => Snapshot?.Dispose();

    private static ImageSnapshot Load(GuestImage image, string digest)
    {
        Snapshot snapshot;
        try
        {
            snapshot = SnapshotFile.Load(image.Directory, digest, image.Options.VerifyContent);
        }
        catch (HyperlightException e) when (e.Finding is { } finding && (finding.Rule == Rules.SnapshotMachineDiffers || finding.Rule == Rules.ImageUnsupported))
        {
            // Not damaged, but for other machines or another runtime.
            return new(null, finding);
        }

        if (snapshot.ImageDigest == image.Digest)
        {
            return new(snapshot, null);
        }

        snapshot.Dispose();
        return new(null, Rules.SnapshotOfOtherImage.Found(
            $"the snapshot in '{image.Directory}' was taken from the image {snapshot.ImageDigest ?? "of another program"}, the image is {image.Digest}: build the project again, or copy the whole folder."));
    }
}
