using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>
/// Reads a snapshot as hostile input, with upstream's checks (amd64 sheet, section 8.5) and more: registers that no waiting guest has are refused before a
/// hypervisor sees them. The page tables in the blob need no check: they were a guest's, and nothing in them is ever believed.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">What the snapshot must have been made on.</param>
internal sealed class SnapshotReader(string directory, SnapshotMachine machine)
{
    private readonly OciReader _directory = new(directory, "snapshot");

    /// <summary>Reads everything but the memory blob's content, and that too when <paramref name="verifyContent"/> is set.</summary>
    /// <param name="reference">A digest or a tag.</param>
    /// <param name="verifyContent">Whether the memory blob's digest is checked.</param>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3007, HL3009.</exception>
    public (SavedSnapshot Snapshot, SafeFileHandle Memory) Read(string reference, bool verifyContent) => _directory.Run(() =>
    {
        _directory.ReadMarker();
        (OciManifest manifest, OciDescriptor layer) = _directory.ReadManifest(_directory.Find(reference), OciLayout.SnapshotConfigMediaType);
        SnapshotConfig config = _directory.ReadBlob(manifest.Config, OciLayout.SnapshotConfigMediaType, ImageJson.Default.SnapshotConfig, "the config");
        SnapshotAnnotations annotations = ReadAnnotations(manifest);
        CheckMachine(config);
        GuestLayout layout = FindLayout(config);
        CheckSizes(config, layout);
        CheckState(config, layout, annotations);
        MemoryMap map = LayOut(config, layout, annotations.HeapSize ?? config.Layout.HeapSize);
        return (new SavedSnapshot(config, annotations) { Map = map }, _directory.OpenMemory(layer, config.MemorySize, verifyContent));
    });

    private SnapshotAnnotations ReadAnnotations(OciManifest manifest)
    {
        try
        {
            return SnapshotAnnotations.Read(manifest.Annotations);
        }
        catch (FormatException e)
        {
            throw _directory.Failure(Rules.ImageMalformed, e.Message);
        }
    }

    private void CheckMachine(SnapshotConfig config)
    {
        (string What, string Recorded, string Here, string Why)[] bindings =
        [
            ("architecture", config.Arch, machine.Arch, "its memory has code and page tables of that architecture"),
            ("hypervisor", config.Hypervisor, machine.Hypervisor, "a processor's state is what one hypervisor makes of it, and another may not take it"),
            ("processor vendor", config.CpuVendor, machine.CpuVendor, "the guest may have chosen its code by what its processor can do"),
        ];
        foreach ((string what, string recorded, string here, string why) in bindings)
        {
            if (recorded != here)
            {
                throw _directory.Failure(
                    Rules.SnapshotMachineDiffers,
                    $"it was made with the {what} '{recorded}', here it is '{here}', and {why}: make it anew on a machine like this one");
            }
        }
    }

    private GuestLayout FindLayout(SnapshotConfig config) =>
        GuestLayouts.All.FirstOrDefault(layout => layout.SnapshotAbi?.Version == config.AbiVersion)
        ?? throw _directory.Failure(
            Rules.ImageUnsupported,
            $"its ABI version is {config.AbiVersion} (written by {config.HyperlightVersion}), this SDK reads "
            + $"{string.Join(" and ", GuestLayouts.All.Select(layout => layout.SnapshotAbi?.Version).OfType<uint>())}: make it anew from the guest");

    private void CheckSizes(SnapshotConfig config, GuestLayout layout)
    {
        SnapshotLayout sizes = config.Layout;
        ulong tables = sizes.PtSize ?? 0;
        static bool IsPages(ulong size) => size % GuestLayout.PageSize == 0;
        if (config.MemorySize == 0 || config.MemorySize > layout.MaxRegionSize || !IsPages(config.MemorySize)
            || sizes.SnapshotSize == 0 || !IsPages(sizes.SnapshotSize) || sizes.SnapshotSize > layout.MaxRegionSize
            || tables == 0 || !IsPages(tables) || tables > (ulong)Array.MaxLength
            || sizes.SnapshotSize + tables != config.MemorySize)
        {
            throw _directory.Failure(
                Rules.ImageMapDiffers,
                $"0x{sizes.SnapshotSize:X} bytes of memory and 0x{tables:X} of page tables are not 0x{config.MemorySize:X} in whole pages, each at least one, "
                + $"together at most 0x{layout.MaxRegionSize:X}");
        }
    }

    private void CheckState(SnapshotConfig config, GuestLayout layout, SnapshotAnnotations annotations)
    {
        SnapshotAbi abi = layout.SnapshotAbi!;
        if (config.OriginalEntrypointAddr.HasValue != abi.HasEntryAndMsrs || config.Msrs.HasValue != abi.HasEntryAndMsrs)
        {
            throw _directory.Failure(
                Rules.ImageMalformed,
                $"its ABI version is {abi.Version}, which has {(abi.HasEntryAndMsrs ? "both" : "neither")} of original_entrypoint_addr and msrs");
        }

        if ((SnapshotStateRules.FindFault(config, layout) ?? SnapshotStateRules.FindFault(config.Msrs ?? annotations.Msrs)) is { } fault)
        {
            throw _directory.Failure(Rules.SnapshotState, fault);
        }
    }

    /// <summary>Lays the memory out anew, and sees whether the blob has room for it as upstream wants it to.</summary>
    private MemoryMap LayOut(SnapshotConfig config, GuestLayout layout, ulong heapSize)
    {
        SnapshotLayout recorded = config.Layout;
        uint permissions = recorded.InitDataPermissions ?? (uint)MemoryPermissions.Read;
        const MemoryPermissions All = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
        if ((permissions & ~(uint)All) != 0 || recorded.CodeSize == 0 || Math.Max(heapSize, 1) < recorded.HeapSize)
        {
            throw _directory.Failure(
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
            // A processor can read whatever it has, so upstream does not ask for it.
            InitDataPermissions = (MemoryPermissions)permissions | MemoryPermissions.Read,
        };
        List<Finding> findings = [];
        MemoryMap map = MemoryMap.TryCreate(layout, sizes, recorded.CodeSize, storedImageSize: null, findings)
            ?? throw _directory.Failure(Rules.ImageMapDiffers, $"its sizes do not fit its layout: {findings[0].Message}");

        ulong needed = map.Image.Size + map.Peb.Size + GuestLayout.RoundUpToPage(recorded.HeapSize) + map.InitData.Size;
        if (recorded.SnapshotSize < needed)
        {
            throw _directory.Failure(
                Rules.ImageMapDiffers, $"its memory has 0x{recorded.SnapshotSize:X} bytes, code, PEB, heap and init data take 0x{needed:X}");
        }

        ulong scratch = layout.MinimumScratchSize(sizes.InputBufferSize, sizes.OutputBufferSize) + recorded.PtSize!.Value;
        return sizes.ScratchSize >= scratch && layout.SnapshotBase.Value + recorded.SnapshotSize <= map.Scratch.Gpa.Value
            ? map
            : throw _directory.Failure(
                Rules.ImageMapDiffers,
                $"its scratch region has 0x{sizes.ScratchSize:X} bytes at {map.Scratch.Gpa}, buffers, page tables and the guest's first pages take 0x{scratch:X}, "
                + $"and its memory ends at 0x{layout.SnapshotBase.Value + recorded.SnapshotSize:X}");
    }
}
