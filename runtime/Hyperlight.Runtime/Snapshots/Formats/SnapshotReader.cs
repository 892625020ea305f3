using Hyperlight.Diagnostics;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Oci;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Reads an untrusted snapshot, in upstream's format or our own. This class has the checks that both formats share: registers that no
/// waiting guest has are refused before a hypervisor sees them.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">The computer that the snapshot must have been taken on.</param>
/// <param name="hypervisor">The name of the hypervisor that is to take the snapshot.</param>
/// <param name="cancellationToken">Stops the reading of content.</param>
internal sealed class SnapshotReader(
    string directory, MachineIdentity machine, string hypervisor, CancellationToken cancellationToken = default)
{
    private readonly OciReader _directory = new(directory, "snapshot", cancellationToken);

    /// <summary>
    /// Reads the documents of a snapshot, and the content of the memory blobs if <paramref name="verifyContent"/> is set.
    /// </summary>
    /// <param name="reference">A digest or a tag.</param>
    /// <param name="verifyContent">Whether the digests of the memory blobs are checked.</param>
    /// <returns>The snapshot; dispose it.</returns>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3007, HL3009.</exception>
    public SavedSnapshot Read(string reference, bool verifyContent) => _directory.Run(() =>
    {
        _directory.TakesKnownDocuments = !verifyContent;
        _directory.ReadMarker();
        OciManifest manifest = _directory.ReadManifest(
            _directory.Find(reference), ManifestKinds.UpstreamSnapshot, ManifestKinds.SdkPagedSnapshot, ManifestKinds.SdkIdentitySnapshot);
        return manifest.ArtifactType == MediaTypes.SdkSnapshotConfig
            ? new SdkSnapshotReader(_directory, machine, hypervisor).Read(manifest, verifyContent)
            : new UpstreamSnapshotReader(_directory, machine, hypervisor).Read(manifest, verifyContent);
    });

    /// <summary>Refuses a snapshot that was taken on another kind of computer.</summary>
    internal static void CheckMachine(OciReader directory, MachineIdentity recorded, MachineIdentity here)
    {
        RequireSame(
            directory,
            "architecture",
            recorded.Architecture,
            here.Architecture,
            "its memory has code and page tables of that architecture");
        RequireSame(
            directory,
            "processor vendor",
            recorded.CpuVendor.Name,
            here.CpuVendor.Name,
            "the guest may have chosen code that needs the features of its processor");
    }

    /// <summary>Refuses a snapshot that is bound to another hypervisor.</summary>
    /// <param name="directory">The directory of the snapshot.</param>
    /// <param name="recorded">The name of the hypervisor that the snapshot was taken on.</param>
    /// <param name="here">The name of the hypervisor that is to take the snapshot.</param>
    /// <param name="why">The reason why the snapshot is bound to its hypervisor; <c>null</c> if all hypervisors can take it.</param>
    internal static void CheckHypervisor(OciReader directory, string recorded, string here, string? why)
    {
        if (why is not null)
        {
            RequireSame(directory, "hypervisor", recorded, here, why);
        }

        if (!OneLine.IsName(recorded))
        {
            throw directory.Failure(
                Rules.ImageMalformed,
                $"its hypervisor is '{recorded}', a hypervisor's name has 1 to {OneLine.MaxNameLength} characters in one line");
        }
    }

    /// <summary>Refuses a state that no waiting guest has. Does nothing if there is no fault.</summary>
    /// <param name="directory">The directory of the snapshot.</param>
    /// <param name="faults">The faults of the state. The first one that is not <c>null</c> becomes the message.</param>
    internal static void CheckState(OciReader directory, params IEnumerable<string?> faults)
    {
        if (faults.FirstOrDefault(fault => fault is not null) is { } found)
        {
            throw directory.FailureText(Rules.SnapshotState, found);
        }
    }

    private static void RequireSame(OciReader directory, string what, string recorded, string here, string why)
    {
        if (recorded != here)
        {
            throw directory.Failure(
                Rules.SnapshotMachineDiffers,
                $"it was made with the {what} '{recorded}', here it is '{here}', and {why}: take the snapshot again on a machine like this "
                + $"one");
        }
    }
}
