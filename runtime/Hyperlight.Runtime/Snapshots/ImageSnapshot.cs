using System.Runtime.CompilerServices;
using Hyperlight.Hypervisors;
using Hyperlight.Images;

namespace Hyperlight.Snapshots;

/// <summary>
/// The snapshot that a build has added to an image, loaded once for all handles and sandboxes of the image on one hypervisor, and freed
/// with the image.
/// </summary>
internal sealed class ImageSnapshot : IDisposable
{
    private static readonly ConditionalWeakTable<ImageContent, ImageSnapshot> All = [];

    private readonly Lock _loading = new();

    // The results of the loads, by the name of the hypervisor. A process has one hypervisor, except in tests.
    private readonly Dictionary<string, (SnapshotContent? Content, Finding? Finding)> _loaded = [];

    /// <summary>Gets the snapshot of an image. A load that failed is tried again by the next call.</summary>
    /// <param name="image">The image, which the caller is a user of.</param>
    /// <param name="hypervisor">The hypervisor that sandboxes of the image run on.</param>
    /// <param name="cancellationToken">Stops the load.</param>
    /// <returns>
    /// The snapshot, or <c>null</c> and the reason why the snapshot cannot be used on this computer, or twice <c>null</c> if the image has
    /// no snapshot.
    /// </returns>
    /// <exception cref="HyperlightException">HL3001 to HL3003, HL3005, HL3009: the snapshot is damaged.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    public static (SnapshotContent? Content, Finding? Finding) Of(
        ImageContent image, IHypervisor hypervisor, CancellationToken cancellationToken) => image.SnapshotDigest is { } digest
        ? All.GetValue(image, static _ => new()).Get(image, digest, hypervisor, cancellationToken)
        : default;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((SnapshotContent? content, _) in _loaded.Values)
        {
            content?.Dispose();
        }
    }

    private (SnapshotContent? Content, Finding? Finding) Get(
        ImageContent image, string digest, IHypervisor hypervisor, CancellationToken cancellationToken)
    {
        lock (_loading)
        {
            if (!_loaded.TryGetValue(hypervisor.Name, out (SnapshotContent? Content, Finding? Finding) result))
            {
                result = Load(image, digest, hypervisor, cancellationToken);
                _loaded.Add(hypervisor.Name, result);
                if (_loaded.Count == 1)
                {
                    image.FreeWith(this);
                }
            }

            return result;
        }
    }

    private static (SnapshotContent? Content, Finding? Finding) Load(
        ImageContent image, string digest, IHypervisor hypervisor, CancellationToken cancellationToken)
    {
        SnapshotContent snapshot;
        try
        {
            snapshot = SnapshotFile.Load(
                image.Directory, digest, image.VerifyContent, hypervisor, image.Symbols, cancellationToken);
        }
        catch (HyperlightException e) when (
            e.Finding is { } finding && (finding.Rule == Rules.SnapshotMachineDiffers || finding.Rule == Rules.ImageUnsupported))
        {
            // The snapshot is not damaged: it is for other computers or another version of the runtime.
            return (null, finding);
        }

        if (snapshot.ImageDigest == image.Digest)
        {
            return (snapshot, null);
        }

        snapshot.Dispose();
        return (null, Rules.SnapshotOfOtherImage.Found(
            $"the snapshot in '{image.Directory}' was taken from the image {snapshot.ImageDigest ?? "of another program"}, the image is "
            + $"{image.Digest}: build the project again, or copy the whole folder."));
    }
}
