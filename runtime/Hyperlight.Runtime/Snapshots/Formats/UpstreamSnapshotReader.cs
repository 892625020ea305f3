using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Reads a snapshot in upstream's format, with upstream's checks (amd64 sheet, section 8.5) and more. The page tables in the blob need no
/// check: a guest wrote them, and the host never relies on their content.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">The computer that the snapshot must have been taken on.</param>
/// <param name="hypervisor">The name of the hypervisor that is to take the snapshot.</param>
internal sealed class UpstreamSnapshotReader(OciReader directory, MachineIdentity machine, string hypervisor)
{
    /// <inheritdoc cref="SnapshotReader.Read"/>
    public SavedSnapshot Read(OciManifest manifest, bool verifyContent)
    {
        SnapshotConfig config = directory.ReadBlob(manifest.Config, MediaTypes.SnapshotConfig, SnapshotConfig.Read, "the config");
        SnapshotAnnotations annotations = ReadAnnotations(manifest);
        SnapshotReader.CheckMachine(directory, new(config.Arch, new(config.CpuVendor)), machine);
        SnapshotReader.CheckHypervisor(
            directory,
            config.Hypervisor,
            hypervisor,
            annotations.HasNeutralRegisters ? null : "the registers that upstream or an older SDK has saved are for one hypervisor");
        GuestLayout layout = FindLayout(config);
        Require(SnapshotSizeRules.FindFault(layout, config.Layout.SnapshotSize, config.Layout.PtSize ?? 0, config.MemorySize));
        SpecialRegisters registers = SavedProcessor.FromSaved(config.Sregs, cr3: 0);
        CheckState(config, registers, layout, annotations.HasNeutralRegisters);
        MemoryMap map = LayOut(config, layout, annotations.HeapSize ?? config.Layout.HeapSize);
        ImmutableArray<SnapshotMsr> msrs = config.Msrs ?? annotations.Msrs;
        SnapshotReader.CheckState(directory, SnapshotMsrRules.FindFault(msrs, annotations.AllowedMsrs, map));
        return new()
        {
            GuestName = annotations.GuestName,
            ImageDigest = annotations.ImageDigest,
            EntryPoint = config.OriginalEntrypointAddr is { } entry ? new(entry) : null,
            CallEntry = config.EntrypointAddr,
            CallStack = config.StackTopGva,
            Processor = new(
                machine,
                config.Hypervisor,
                registers with { Cr3 = map.PageTables.Gpa.Value },
                annotations.ExtendedControl,
                SavedProcessor.FromSaved(msrs)),
            AllowedMsrs = annotations.AllowedMsrs,
            HostFunctions = config.HostFunctions,
            Generation = config.SnapshotGeneration,
            Map = map,
            Memory = OpenMemory(config, map, manifest, verifyContent),
        };
    }

    private SavedPagedMemory OpenMemory(SnapshotConfig config, MemoryMap map, OciManifest manifest, bool verifyContent)
    {
        ulong size = config.Layout.SnapshotSize;
        SharedFile file = directory.OpenMemory(
            manifest.Layers[0]!, config.MemorySize, ImageMemory.UseOf(map.Layout, verifyContent));
        return new(file, size, new(file, size, config.Layout.PtSize!.Value));
    }

    private SnapshotAnnotations ReadAnnotations(OciManifest manifest)
    {
        try
        {
            return SnapshotAnnotations.Read(manifest.Annotations);
        }
        catch (FormatException e)
        {
            throw directory.FailureText(Rules.ImageMalformed, e.Message);
        }
    }

    private GuestLayout FindLayout(SnapshotConfig config) =>
        GuestLayouts.All.FirstOrDefault(layout => layout.SnapshotAbi?.Version == config.AbiVersion)
        ?? throw directory.Failure(
            Rules.ImageUnsupported,
            $"its ABI version is {config.AbiVersion} (written by {config.HyperlightVersion}), this SDK reads "
            + $"{string.Join(" and ", GuestLayouts.All.Select(layout => layout.SnapshotAbi?.Version).OfType<uint>())}: take the snapshot "
            + $"again from the guest");

    private void CheckState(SnapshotConfig config, in SpecialRegisters registers, GuestLayout layout, bool isNeutral)
    {
        SnapshotAbi abi = layout.SnapshotAbi!;
        if (config.OriginalEntrypointAddr.HasValue != abi.HasEntryAndMsrs || config.Msrs.HasValue != abi.HasEntryAndMsrs)
        {
            throw directory.Failure(
                Rules.ImageMalformed,
                $"its ABI version is {abi.Version}, which has {(abi.HasEntryAndMsrs ? "both" : "neither")} of original_entrypoint_addr "
                + $"and msrs");
        }

        SnapshotReader.CheckState(
            directory,
            UpstreamRegisterRules.FindFault(config.Sregs, layout, isNeutral),
            SnapshotStateRules.FindFault(config, registers, layout));
    }

    /// <summary>Computes the memory map again from the sizes, and checks that the blob is as large as upstream requires.</summary>
    private MemoryMap LayOut(SnapshotConfig config, GuestLayout layout, ulong heapSize)
    {
        SnapshotLayout recorded = config.Layout;
        uint permissions = recorded.InitDataPermissions ?? (uint)MemoryPermissions.Read;
        const MemoryPermissions All = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
        if ((permissions & ~(uint)All) != 0 || recorded.CodeSize == 0 || Math.Max(heapSize, 1) < recorded.HeapSize)
        {
            throw directory.Failure(
                Rules.ImageMapDiffers,
                $"its init data has the permissions 0x{permissions:X} (known are 0x{(uint)All:X}), its code 0x{recorded.CodeSize:X} bytes, "
                + $"its heap 0x{heapSize:X} of which 0x{recorded.HeapSize:X} are recorded");
        }

        GuestSizes sizes = new()
        {
            HeapSize = heapSize,
            ScratchSize = recorded.ScratchSize,
            InputBufferSize = recorded.InputDataSize,
            OutputBufferSize = recorded.OutputDataSize,
            InitDataSize = recorded.InitDataSize,
            // A processor can read all memory that it has, so upstream does not record this permission.
            InitDataPermissions = (MemoryPermissions)permissions | MemoryPermissions.Read,
        };
        List<Finding> findings = [];
        MemoryMap map = MemoryMap.TryCreate(layout, sizes, recorded.CodeSize, storedImageSize: null, findings)
            ?? throw directory.Failure(Rules.ImageMapDiffers, $"its sizes do not fit its layout: {findings[0].Message}");

        ulong needed = map.Image.Size + map.Peb.Size + GuestLayout.RoundUpToPage(recorded.HeapSize) + map.InitData.Size;
        if (recorded.SnapshotSize < needed)
        {
            throw directory.Failure(
                Rules.ImageMapDiffers,
                $"its memory has 0x{recorded.SnapshotSize:X} bytes, code, PEB, heap and init data take 0x{needed:X}");
        }

        Require(SnapshotSizeRules.FindFault(map, recorded.SnapshotSize, recorded.PtSize!.Value));
        return map;
    }

    private void Require(string? sizeFault)
    {
        if (sizeFault is not null)
        {
            throw directory.FailureText(Rules.ImageMapDiffers, sizeFault);
        }
    }
}
