using Hyperlight.Hypervisors;
using Hyperlight.Images;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Reads a snapshot as hostile input, in upstream's format or our own. What is the same in both is checked here: registers that no waiting guest has are
/// refused before a hypervisor sees them.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">What the snapshot must have been made on.</param>
/// <param name="cancellationToken">Stops the reading of content.</param>
internal sealed class SnapshotReader(string directory, MachineIdentity machine, CancellationToken cancellationToken = default)
{
    private readonly OciReader _directory = new(directory, "snapshot", cancellationToken);

    /// <summary>Reads everything but the memory blobs' content, and that too when <paramref name="verifyContent"/> is set.</summary>
    /// <param name="reference">A digest or a tag.</param>
    /// <param name="verifyContent">Whether the memory blobs' digests are checked.</param>
    /// <returns>The snapshot; dispose it.</returns>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3007, HL3009.</exception>
    public SavedSnapshot Read(string reference, bool verifyContent) => _directory.Run(() =>
    {
        _directory.ReadMarker();
        OciManifest manifest = _directory.ReadManifest(_directory.Find(reference), ManifestKind.UpstreamSnapshot, ManifestKind.SdkPagedSnapshot, ManifestKind.SdkIdentitySnapshot);
        return manifest.ArtifactType == OciLayout.SdkSnapshotConfigMediaType
            ? new SdkSnapshotReader(_directory, machine).Read(manifest, verifyContent)
            : new UpstreamSnapshotReader(_directory, machine).Read(manifest, verifyContent);
    });

    /// <summary>Refuses a snapshot of another machine.</summary>
    internal static void CheckMachine(OciReader directory, MachineIdentity recorded, MachineIdentity here)
    {
        (string What, string Recorded, string Here, string Why)[] bindings =
        [
            ("architecture", recorded.Architecture, here.Architecture, "its memory has code and page tables of that architecture"),
            ("hypervisor", recorded.Hypervisor, here.Hypervisor, "a processor's state is what one hypervisor makes of it, and another may not take it"),
            ("processor vendor", recorded.CpuVendor.Name, here.CpuVendor.Name, "the guest may have chosen its code by what its processor can do"),
        ];
        foreach ((string what, string there, string current, string why) in bindings)
        {
            if (there != current)
            {
                throw directory.Failure(
                    Rules.SnapshotMachineDiffers,
                    $"it was made with the {what} '{there}', here it is '{current}', and {why}: make it anew on a machine like this one");
            }
        }
    }

    /// <summary>Refuses a state that no waiting guest has.</summary>
    /// <param name="directory">Where the snapshot is.</param>
    /// <param name="faults">What is wrong with it, as far as anything is; the first counts.</param>
    internal static void CheckState(OciReader directory, params IEnumerable<string?> faults)
    {
        if (faults.FirstOrDefault(fault => fault is not null) is { } found)
        {
            throw directory.Failure(Rules.SnapshotState, found);
        }
    }
}
