using Hyperlight.Images;
using Hyperlight.Oci;

namespace Hyperlight.Snapshots.Formats;

/// <summary>Saves snapshots in upstream's format (amd64 sheet, section 8.4) or our own. Other content of the directory stays.</summary>
/// <param name="directory">The directory. The directory is created if it is missing. Only one writer at a time may use it.</param>
/// <param name="cancellationToken">Stops the writing of content.</param>
internal sealed class SnapshotWriter(string directory, CancellationToken cancellationToken = default)
{
    /// <summary>
    /// Gets whether only the owner may read the files. Snapshots that a build takes can be read by all users of the program.
    /// </summary>
    public bool IsPrivate { get; init; } = true;

    private const string ArchAnnotation = "dev.hyperlight.snapshot.arch";
    private const string HypervisorAnnotation = "dev.hyperlight.snapshot.hypervisor";
    private const string CpuVendorAnnotation = "dev.hyperlight.snapshot.cpu.vendor";

    /// <summary>
    /// Saves a snapshot in upstream's format. The snapshot that had the tag before is deleted, except blobs that other manifests need.
    /// </summary>
    /// <param name="tag">The tag.</param>
    /// <param name="config">The config.</param>
    /// <param name="annotations">The facts that the config has no field for.</param>
    /// <param name="memory">The memory blob.</param>
    /// <returns>The digest of the manifest.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written.
    /// </exception>
    public string Write(string tag, SnapshotConfig config, SnapshotAnnotations annotations, BlobContent memory) =>
        Write(tag, config.Arch, config.Hypervisor, config.CpuVendor, writer => OciManifest.Of(
            writer.WriteBlob(MediaTypes.SnapshotConfig, config, SnapshotJson.Default.SnapshotConfig),
            [writer.WriteMemory(MediaTypes.Memory, config.MemorySize, memory)],
            annotations.ToDictionary()));

    /// <summary>
    /// Saves a snapshot of a guest with page tables in our own format. The snapshot that had the tag before is deleted, except blobs that
    /// other manifests need.
    /// </summary>
    /// <param name="tag">The tag.</param>
    /// <param name="config">The config, with the sizes of memory and page tables.</param>
    /// <param name="memory">The content: the memory, then the page tables.</param>
    /// <returns>The digest of the manifest.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written.
    /// </exception>
    public string Write(string tag, SdkSnapshotConfig config, BlobContent memory) =>
        Write(tag, config.Arch, config.Hypervisor, config.CpuVendor, writer => OciManifest.Of(
            writer.WriteBlob(MediaTypes.SdkSnapshotConfig, config, SnapshotJson.Default.SdkSnapshotConfig),
            [writer.WriteMemory(MediaTypes.Memory, config.MemorySize!.Value + config.TablesSize!.Value, memory)]));

    /// <summary>
    /// Saves a snapshot of a guest without page tables in our own format. The snapshot that had the tag before is deleted, except blobs
    /// that other manifests need.
    /// </summary>
    /// <param name="tag">The tag.</param>
    /// <param name="config">The config, with the stored parts of the image's memory and the number of pages.</param>
    /// <param name="image">The stored parts of the image's memory, one behind the other.</param>
    /// <param name="pages">The index, then the pages that differ from the image.</param>
    /// <returns>The digest of the manifest.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written.
    /// </exception>
    public string Write(string tag, SdkSnapshotConfig config, BlobContent image, BlobContent pages) =>
        Write(tag, config.Arch, config.Hypervisor, config.CpuVendor, writer => OciManifest.Of(
            writer.WriteBlob(MediaTypes.SdkSnapshotConfig, config, SnapshotJson.Default.SdkSnapshotConfig),
            [
                writer.WriteMemory(MediaTypes.Memory, StoredRanges.Total(config.Stored!.Value), image),
                writer.WriteMemory(MediaTypes.Pages, PageIndex.BlobSize(config.PageCount!.Value), pages),
            ]));

    private string Write(string tag, string arch, string hypervisor, string cpuVendor, Func<OciWriter, OciManifest> writeBlobs)
    {
        OciWriter writer = new(directory, "snapshot", cancellationToken) { IsPrivate = IsPrivate };
        OciIndex? before = ReadIndex();
        return writer.Run(() =>
        {
            OciDescriptor tagged = writer.WriteBlob(OciLayout.ManifestMediaType, writeBlobs(writer), OciJson.Default.OciManifest) with
            {
                Annotations = new Dictionary<string, string?>
                {
                    [OciLayout.TagAnnotation] = tag,
                    [ArchAnnotation] = arch,
                    [HypervisorAnnotation] = hypervisor,
                    [CpuVendorAnnotation] = cpuVendor,
                },
            };
            OciIndex index = before ?? OciIndex.Of();
            writer.Commit(index with { Manifests = [.. index.Manifests.Where(other => other is not null && other.Tag != tag), tagged] });
            return tagged.Digest;
        });
    }

    /// <summary>Reads the index of the directory before anything is written; <c>null</c> if the directory has no index.</summary>
    private OciIndex? ReadIndex()
    {
        OciReader reader = new(directory, "snapshot");
        return reader.Run(() =>
        {
            if (Exists(OciLayout.MarkerFile))
            {
                reader.ReadMarker();
            }

            return Exists(OciLayout.IndexFile) ? reader.ReadIndex() : null;
        });
    }

    private bool Exists(string name) => Path.Exists(Path.Combine(directory, name));
}
