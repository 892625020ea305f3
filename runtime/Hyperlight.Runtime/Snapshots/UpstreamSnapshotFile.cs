using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshots;

/// <summary>Saves snapshots of guests with page tables in upstream's format (amd64 sheet, section 8).</summary>
internal static class UpstreamSnapshotFile
{
    /// <summary>Saves a snapshot.</summary>
    /// <returns>The digest of the snapshot's manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(SnapshotContent snapshot, PagedSnapshotMemory memory, SnapshotAbi abi, SnapshotWriter writer, string tag)
    {
        SnapshotConfig config = ToConfig(snapshot, abi, memory.SavedSize(snapshot.Map), memory.Tables.Size);
        string? fault = SnapshotStateRules.FindFault(config, snapshot.Processor.Special, snapshot.Map.Layout)
            ?? SnapshotMsrRules.FindFault(SavedProcessor.ToSaved(snapshot.Processor.Msrs), snapshot.AllowedMsrs, snapshot.Map)
            ?? SnapshotSizeRules.FindFault(snapshot.Map, config.Layout.SnapshotSize, config.Layout.PtSize!.Value);
        return fault is not null
            ? throw SnapshotFile.NotSavable(fault)
            : writer.Write(tag, config, ToAnnotations(snapshot, abi), sink => memory.WriteTo(sink, snapshot.Map));
    }

    private static SnapshotConfig ToConfig(SnapshotContent snapshot, SnapshotAbi abi, ulong size, ulong tablesSize)
    {
        MemoryMap map = snapshot.Map;
        bool hasInitData = map.Sizes.InitDataSize > 0 || map.Sizes.InitDataPermissions != MemoryPermissions.Read;
        ProcessorState processor = snapshot.Processor;
        return new()
        {
            HyperlightVersion = $"Hyperlight.Sdk {ImageConfig.CurrentSdkVersion}",
            Arch = processor.Machine.Architecture,
            AbiVersion = abi.Version,
            Hypervisor = processor.Hypervisor,
            CpuVendor = processor.Machine.CpuVendor.Name,
            StackTopGva = snapshot.CallRegisters.Rsp,
            EntrypointAddr = snapshot.CallRegisters.Rip,
            OriginalEntrypointAddr = abi.HasEntryAndMsrs ? snapshot.Origin.EntryPoint?.Value ?? map.Image.Gva.Value : null,
            Sregs = SavedProcessor.ToUpstream(processor.Special),
            Msrs = abi.HasEntryAndMsrs ? SavedProcessor.ToSaved(processor.Msrs) : null,
            Layout = new()
            {
                InputDataSize = map.Sizes.InputBufferSize,
                OutputDataSize = map.Sizes.OutputBufferSize,
                // At most a page: upstream may load the snapshot and save a smaller one, in which it keeps this field.
                HeapSize = Math.Min(Math.Max(map.Sizes.HeapSize, 1), GuestLayout.PageSize),
                CodeSize = map.CodeSize,
                InitDataSize = map.Sizes.InitDataSize,
                InitDataPermissions = hasInitData ? (uint)map.Sizes.InitDataPermissions : null,
                ScratchSize = map.Sizes.ScratchSize,
                SnapshotSize = size,
                PtSize = tablesSize,
            },
            MemorySize = size + tablesSize,
            HostFunctions = SavedHostFunctions.ToSaved(snapshot.HostFunctions),
            SnapshotGeneration = snapshot.Generation,
        };
    }

    private static SnapshotAnnotations ToAnnotations(SnapshotContent snapshot, SnapshotAbi abi) => new()
    {
        GuestName = SnapshotFile.SavedName(snapshot),
        HeapSize = snapshot.Map.Sizes.HeapSize,
        ExtendedControl = snapshot.Processor.ExtendedControl,
        Msrs = abi.HasEntryAndMsrs ? [] : SavedProcessor.ToSaved(snapshot.Processor.Msrs),
        AllowedMsrs = snapshot.AllowedMsrs,
        ImageDigest = snapshot.ImageDigest,
        HasNeutralRegisters = true,
    };
}
