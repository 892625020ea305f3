namespace Hyperlight.Layouts;

/// <summary>A version of upstream's format of snapshots on disk (amd64 sheet, sections 8.3 and 11.4).</summary>
/// <param name="Version">The number of the version.</param>
/// <param name="HasEntryAndMsrs">
/// Whether the config has the guest's first instruction and model-specific registers, and calls must enter in the guest's code.
/// </param>
internal sealed record SnapshotAbi(uint Version, bool HasEntryAndMsrs);
