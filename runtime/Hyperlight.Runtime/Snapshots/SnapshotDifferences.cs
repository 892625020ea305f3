using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots;

/// <summary>Finds the reasons why a snapshot cannot be restored into a sandbox (amd64 sheet, section 6.4).</summary>
internal static class SnapshotDifferences
{
    /// <summary>Compares a snapshot with the unchanging properties of a sandbox.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="map">The memory of the sandbox's guest as the guest started.</param>
    /// <param name="signatureOf">Gets the types of a host function of the sandbox, or <c>null</c> if there is no such function.</param>
    /// <param name="allowedMsrs">The model-specific registers that the sandbox's guest may use.</param>
    /// <param name="hypervisor">The name of the sandbox's hypervisor.</param>
    /// <returns>A text for each difference; empty if the snapshot can be restored.</returns>
    public static ImmutableArray<string> Find(
        SnapshotContent snapshot,
        MemoryMap map,
        Func<string, HostFunctionSignature?> signatureOf,
        ImmutableArray<uint> allowedMsrs,
        string hypervisor) =>
    [
        .. ReferenceEquals(snapshot.Map, map) ? [] : Layout(snapshot.Map, map),
        .. HostFunctions(snapshot.HostFunctionList, signatureOf),
        .. snapshot.AllowedMsrs.Except(allowedMsrs).Select(index => $"AllowedMsrs: the snapshot has 0x{index:X}, the sandbox does not"),
        .. snapshot.Processor is { Interrupts: not null, Hypervisor: { } taken } && taken != hypervisor
            ? [$"interrupt controllers: the snapshot has those of the hypervisor {taken}, the sandbox those of {hypervisor}"]
            : Array.Empty<string>(),
    ];

    private static IEnumerable<string> Layout(MemoryMap snapshot, MemoryMap sandbox)
    {
        (string Name, string Snapshot, string Sandbox)[] properties =
        [
            ("layout", snapshot.Layout.Id, sandbox.Layout.Id),
            ("first address", Hex(snapshot.Image.Gva.Value), Hex(sandbox.Image.Gva.Value)),
            ("CodeSize", Hex(snapshot.CodeSize), Hex(sandbox.CodeSize)),
            ("HeapSize", Hex(snapshot.Sizes.HeapSize), Hex(sandbox.Sizes.HeapSize)),
            ("ScratchSize", Hex(snapshot.Sizes.ScratchSize), Hex(sandbox.Sizes.ScratchSize)),
            ("InputBufferSize", Hex(snapshot.Sizes.InputBufferSize), Hex(sandbox.Sizes.InputBufferSize)),
            ("OutputBufferSize", Hex(snapshot.Sizes.OutputBufferSize), Hex(sandbox.Sizes.OutputBufferSize)),
            ("InitDataSize", Hex(snapshot.Sizes.InitDataSize), Hex(sandbox.Sizes.InitDataSize)),
            ("InitDataPermissions", snapshot.Sizes.InitDataPermissions.ToText(), sandbox.Sizes.InitDataPermissions.ToText()),
            ("HardwareInterrupts", snapshot.Sizes.HardwareInterrupts.ToString(), sandbox.Sizes.HardwareInterrupts.ToString()),
        ];
        return properties
            .Where(property => property.Snapshot != property.Sandbox)
            .Select(property => $"{property.Name}: the snapshot has {property.Snapshot}, the sandbox {property.Sandbox}");
    }

    private static IEnumerable<string> HostFunctions(
        ImmutableArray<KeyValuePair<string, HostFunctionSignature>> snapshot, Func<string, HostFunctionSignature?> signatureOf)
    {
        foreach ((string name, HostFunctionSignature signature) in snapshot)
        {
            if (signatureOf(name) is not { } other)
            {
                yield return $"host function {name}: the snapshot has {signature}, the sandbox has none";
            }
            else if (!other.Serves(signature))
            {
                yield return $"host function {name}: the snapshot has {signature}, the sandbox {other}";
            }
        }
    }

    private static string Hex(ulong size) => $"0x{size:X}";
}
