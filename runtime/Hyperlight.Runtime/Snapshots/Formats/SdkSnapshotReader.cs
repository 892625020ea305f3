using System.Collections.Immutable;
using Hyperlight.Diagnostics;
using Hyperlight.Files;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Json;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots.Formats;

/// <summary>Reads a snapshot in our own format (docs/image-format.md).</summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">The computer that the snapshot must have been taken on.</param>
/// <param name="hypervisor">The name of the hypervisor that is to take the snapshot.</param>
internal sealed class SdkSnapshotReader(OciReader directory, MachineIdentity machine, string hypervisor)
{
    /// <inheritdoc cref="SnapshotReader.Read"/>
    public SavedSnapshot Read(OciManifest manifest, bool verifyContent)
    {
        SdkSnapshotConfig config = directory.ReadBlob(manifest.Config, MediaTypes.SdkSnapshotConfig, ReadConfig, "the config");
        SnapshotReader.CheckMachine(directory, new(config.Arch, new(config.CpuVendor)), machine);
        SnapshotReader.CheckHypervisor(
            directory,
            config.Hypervisor,
            hypervisor,
            config.Interrupts is null ? null : "the state of interrupt controllers is in the form of one hypervisor");
        CheckText(config);
        MemoryMap map = LayOut(config);
        CheckParts(config, map.Layout, manifest);
        SnapshotReader.CheckState(directory, SnapshotStateRules.FindFault(config, map));
        return new()
        {
            GuestName = config.GuestName,
            ImageDigest = config.ImageDigest,
            EntryPoint = config.EntryPoint,
            CallEntry = config.CallEntry,
            CallStack = config.CallStack,
            Processor = new(
                machine,
                config.Hypervisor,
                SavedProcessor.FromSaved(config.Sregs, config.Cr3),
                config.Xcr0,
                SavedProcessor.FromSaved(config.Msrs))
            {
                Interrupts = config.Interrupts is { } interrupts ? SavedProcessor.FromSaved(interrupts) : null,
            },
            AllowedMsrs = config.AllowedMsrs,
            HostFunctions = config.HostFunctions,
            Generation = config.Generation,
            Map = map,
            Memory = map.Layout.Paging == GuestPaging.None
                ? OpenIdentity(config, map, manifest, verifyContent)
                : OpenPaged(config, map, manifest, verifyContent),
        };
    }

    /// <summary>Reads the config. The version of the schema is checked first, because other versions have other fields.</summary>
    private SdkSnapshotConfig ReadConfig(JsonFields fields)
    {
        int version = fields.Int32("schema_version");
        if (version != SdkSnapshotConfig.CurrentSchemaVersion)
        {
            throw directory.Failure(
                Rules.ImageUnsupported,
                $"its config has schema version {version}, this SDK ({ImageConfig.CurrentSdkVersion}) reads "
                + $"{SdkSnapshotConfig.CurrentSchemaVersion}: take the snapshot again from the guest");
        }

        return SdkSnapshotConfig.Read(fields);
    }

    /// <summary>Checks the text that is shown to people or that names files.</summary>
    private void CheckText(SdkSnapshotConfig config)
    {
        if ((config.GuestName is { } name && !OneLine.IsName(name)) || (config.ImageDigest is { } digest && !OciLayout.IsDigest(digest)))
        {
            throw directory.Failure(
                Rules.ImageMalformed, $"its guest's name is not a valid name, or its image's digest is not a SHA-256 digest");
        }
    }

    /// <summary>Computes the memory map again from the recorded sizes.</summary>
    private MemoryMap LayOut(SdkSnapshotConfig config)
    {
        GuestLayout profile = GuestLayouts.Find(config.Layout) ?? throw directory.Failure(
            Rules.ImageUnsupported,
            $"its layout is '{config.Layout}', this SDK reads {string.Join(", ", GuestLayouts.All.AsEnumerable())}: take the snapshot "
            + $"again from the guest");
        GuestLayout layout = profile.PlacedAt(config.Base);
        List<Finding> findings = [];
        MemoryMap? map = config.Base == layout.SnapshotBase && config.CodeSize > 0
            ? MemoryMap.TryCreate(layout, config.Sizes, config.CodeSize, storedImageSize: null, findings)
            : null;
        if (map is null)
        {
            string why = findings.Count > 0 ? findings[0].Message : $"{layout} does not start at {config.Base}, or it has no code";
            throw directory.Failure(Rules.ImageMapDiffers, $"its sizes do not fit its layout: {why}");
        }

        return map.SnapshotAbi is null
            ? map
            : throw directory.Failure(
                Rules.ImageUnsupported,
                $"its layout is {layout}, and snapshots of such guests without interrupts are in upstream's format: take the snapshot "
                + $"again from the guest");
    }

    /// <summary>
    /// Checks that the config has the fields for memory and interrupt controllers that a guest of its layout needs, and no others.
    /// </summary>
    private void CheckParts(SdkSnapshotConfig config, GuestLayout layout, OciManifest manifest)
    {
        bool isPaged = layout.Paging != GuestPaging.None;
        if (config.PageCount.HasValue == isPaged || config.Stored.HasValue == isPaged || config.MemorySize.HasValue != isPaged
            || config.TablesSize.HasValue != isPaged
            || manifest.Layers.Count
                != (isPaged ? ManifestKinds.SdkPagedSnapshot : ManifestKinds.SdkIdentitySnapshot).LayerMediaTypes.Length)
        {
            string needed = isPaged
                ? "memory_size, tables_size and one layer, and neither stored nor page_count"
                : "stored, page_count and two layers, and neither memory_size nor tables_size";
            throw directory.Failure(Rules.ImageMalformed, $"its layout is {layout}, which has {needed}");
        }

        if (config.Interrupts is null == config.Sizes.HardwareInterrupts)
        {
            throw directory.Failure(
                Rules.ImageMalformed,
                $"it has the state of interrupt controllers and its guest has no interrupts, or its guest has interrupts and the state is "
                + $"missing");
        }
    }

    private SavedPagedMemory OpenPaged(SdkSnapshotConfig config, MemoryMap map, OciManifest manifest, bool verifyContent)
    {
        (ulong size, ulong tables) = (config.MemorySize!.Value, config.TablesSize!.Value);
        string? fault = SnapshotSizeRules.FindFault(map.Layout, size, tables, size + tables)
            ?? SnapshotSizeRules.FindFault(map, size, tables);
        if (fault is not null || size < map.SnapshotSize)
        {
            throw directory.FailureText(Rules.ImageMapDiffers, fault
                ?? $"its memory has 0x{size:X} bytes, code, PEB, a page of heap and init data take 0x{map.SnapshotSize:X}");
        }

        SharedFile file = directory.OpenMemory(
            manifest.Layers[0]!, size + tables, ImageMemory.UseOf(map.Layout, verifyContent));
        try
        {
            // The tables are kept, because others may change the file after the check.
            byte[] bytes = new byte[tables];
            file.Read(bytes, size);
            return SnapshotTableRules.FindFault(bytes, map, size) is { } found
                ? throw directory.FailureText(Rules.ImageMapDiffers, found)
                : new(file, size, new(bytes));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private SavedIdentityMemory OpenIdentity(SdkSnapshotConfig config, MemoryMap map, OciManifest manifest, bool verifyContent)
    {
        // The page with the word for the size of scratch memory differs from the page of an image, so there is at least one page.
        ulong count = config.PageCount!.Value;
        ulong most = (map.SnapshotSize + map.Scratch.Size - map.PageTablesScratchOffset) / GuestLayout.PageSize;
        if (count == 0 || count > most)
        {
            throw directory.Failure(Rules.ImageMapDiffers, $"it has {count} pages besides its image, a guest of its sizes has 1 to {most}");
        }

        SharedFile image = ImageMemory.Open(directory, manifest.Layers[0]!, config.Stored!.Value, map, verifyContent);
        SharedFile? pages = null;
        try
        {
            pages = directory.OpenMemory(manifest.Layers[1]!, PageIndex.BlobSize(count), ImageMemory.UseOf(map.Layout, verifyContent));
            return new(image, pages, ReadIndex(pages, (int)count, map), PageIndex.Size(count));
        }
        catch
        {
            image.Dispose();
            pages?.Dispose();
            throw;
        }
    }

    private ImmutableArray<ulong> ReadIndex(SharedFile pages, int count, MemoryMap map)
    {
        byte[] index = new byte[PageIndex.Size((ulong)count)];
        pages.Read(index, 0);
        try
        {
            return PageIndex.Read(index, count, map);
        }
        catch (FormatException e)
        {
            throw directory.FailureText(Rules.ImageMapDiffers, e.Message);
        }
    }
}
