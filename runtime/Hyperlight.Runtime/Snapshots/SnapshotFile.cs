using System.Collections.Immutable;
using Hyperlight.Diagnostics;
using Hyperlight.Hypervisors;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Symbols;

namespace Hyperlight.Snapshots;

/// <summary>
/// Saves and loads snapshots: in upstream's format if upstream has a format for the guest, otherwise in the format of this SDK.
/// </summary>
internal static class SnapshotFile
{
    // KVM also lists these registers for upstream: KERNEL_GS_BASE, TSC, TSC_ADJUST, and the active shadow stack (amd64 sheet, section
    // 11.3). A guest need not be allowed to use them.
    private static readonly ImmutableArray<uint> CoreMsrs = [0xC000_0102, 0x10, 0x3B, 0x7A0];

    /// <summary>Saves a snapshot, which the caller is a user of.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="writer">The writer of the snapshot's directory.</param>
    /// <param name="tag">The name of the snapshot in the directory.</param>
    /// <returns>The digest of the snapshot's manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(SnapshotContent snapshot, SnapshotWriter writer, string tag) =>
        (snapshot.Memory, snapshot.Map.SnapshotAbi) switch
        {
            (PagedSnapshotMemory memory, { } abi) => UpstreamSnapshotFile.Save(snapshot, memory, abi, writer, tag),
            (PagedSnapshotMemory memory, null) => SdkSnapshotFile.Save(snapshot, memory, writer, tag),
            _ => SdkSnapshotFile.Save(snapshot, (IdentitySnapshotMemory)snapshot.Memory, writer, tag),
        };

    /// <summary>Loads a snapshot, whose memory is a view of the files. The caller is the first user of the snapshot.</summary>
    /// <param name="directory">The directory of the snapshot.</param>
    /// <param name="reference">The tag or digest of the snapshot.</param>
    /// <param name="verifyContent">Whether the digests of the files are compared with their content.</param>
    /// <param name="hypervisor">The hypervisor whose machines are to take the snapshot.</param>
    /// <param name="symbols">The source map of the guest, or <c>null</c> if the place of its image is not known.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3007, HL3009.</exception>
    public static SnapshotContent Load(
        string directory,
        string reference,
        bool verifyContent,
        IHypervisor hypervisor,
        ImageSymbols? symbols = null,
        CancellationToken cancellationToken = default)
    {
        SavedSnapshot saved = new SnapshotReader(directory, hypervisor.Identity, hypervisor.Name, cancellationToken)
            .Read(reference, verifyContent);
        try
        {
            ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions = SavedHostFunctions.FromSaved(saved.HostFunctions);
            return new(
                new(
                    saved.GuestName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))),
                    saved.EntryPoint,
                    saved.ImageDigest,
                    symbols),
                saved.Generation,
                saved.Map,
                saved.Memory is SavedIdentityMemory identity
                    ? IdentitySnapshotMemory.Of(saved.Map, identity)
                    : PagedSnapshotMemory.Of(saved.Map, (SavedPagedMemory)saved.Memory, hypervisor.Memory),
                saved.Processor,
                new() { Rip = saved.CallEntry, Rsp = saved.CallStack },
                hostFunctions,
                saved.AllowedMsrs ?? [.. saved.Processor.Msrs.Select(register => register.Index).Except(CoreMsrs)]);
        }
        catch (FormatException e)
        {
            saved.Dispose();
            throw new HyperlightException(Rules.ImageMalformed.Found($"the snapshot '{directory}' cannot be used: {e.Message}."), e);
        }
        catch
        {
            saved.Dispose();
            throw;
        }
    }

    /// <summary>Gets the guest's name as it is saved, or <c>null</c> if readers would not accept the name.</summary>
    internal static string? SavedName(SnapshotContent snapshot) => OneLine.IsName(snapshot.GuestName) ? snapshot.GuestName : null;

    /// <summary>Creates the exception with HL3008.</summary>
    internal static HyperlightException NotSavable(string why) =>
        new(Rules.SnapshotNotSavable.Found($"the snapshot cannot be saved: {why}."));
}
