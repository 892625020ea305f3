using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>Reads a snapshot in our own format (docs/image-format.md).</summary>
/// <param name="directory">The directory.</param>
/// <param name="machine">What the snapshot must have been made on.</param>
internal sealed class SdkSnapshotReader(OciReader directory, SnapshotMachine machine)
{
    /// <inheritdoc cref="SnapshotReader.Read"/>
    public SavedIdentitySnapshot Read(OciManifest manifest, bool verifyContent)
    {
        SdkSnapshotConfig config = directory.ReadBlob(
            manifest.Config, OciLayout.SdkSnapshotConfigMediaType, ImageJson.Default.SdkSnapshotConfig, "the config");
        CheckVersion(config);
        SnapshotReader.CheckMachine(directory, new(config.Arch, config.Hypervisor, config.CpuVendor), machine);
        CheckText(config);
        MemoryMap map = LayOut(config);
        SnapshotReader.CheckState(
            directory,
            SnapshotStateRules.FindFault(config, map.Layout),
            SnapshotStateRules.FindFault(config.Msrs));
        SharedFile image = new(directory.OpenMemory(manifest.Layers[0]!, map.BlobSize, verifyContent));
        SharedFile? pages = null;
        try
        {
            pages = new(directory.OpenMemory(manifest.Layers[1]!, PageIndex.BlobSize(config.PageCount), verifyContent));
            return new()
            {
                GuestName = config.GuestName,
                ImageDigest = config.ImageDigest,
                EntryPoint = config.EntryPoint,
                CallEntry = config.CallEntry,
                CallStack = config.CallStack,
                Registers = config.Sregs,
                Cr3 = config.Cr3,
                ExtendedControl = config.Xcr0,
                Msrs = config.Msrs,
                AllowedMsrs = config.AllowedMsrs,
                HostFunctions = config.HostFunctions,
                Generation = config.Generation,
                Map = map,
                Image = image,
                Pages = pages,
                Addresses = ReadIndex(pages, (int)config.PageCount, map),
                FirstPage = PageIndex.Size(config.PageCount),
            };
        }
        catch
        {
            image.Dispose();
            pages?.Dispose();
            throw;
        }
    }

    private void CheckVersion(SdkSnapshotConfig config)
    {
        if (config.SchemaVersion != SdkSnapshotConfig.CurrentSchemaVersion)
        {
            throw directory.Failure(
                Rules.ImageUnsupported,
                $"its config has schema version {config.SchemaVersion}, this SDK ({ImageConfig.CurrentSdkVersion}) reads {SdkSnapshotConfig.CurrentSchemaVersion}: "
                + "make it anew from the guest");
        }
    }

    /// <summary>What is shown to people and what names files.</summary>
    private void CheckText(SdkSnapshotConfig config)
    {
        if ((config.GuestName is { } name && !SnapshotAnnotations.IsName(name)) || (config.ImageDigest is { } digest && !OciLayout.IsDigest(digest)))
        {
            throw directory.Failure(Rules.ImageMalformed, "its guest's name is none, or its image's digest is no SHA-256 digest");
        }
    }

    /// <summary>Lays the memory out anew, and sees whether as many pages can differ.</summary>
    private MemoryMap LayOut(SdkSnapshotConfig config)
    {
        GuestLayout[] known = [.. GuestLayouts.All.Where(layout => layout.SnapshotAbi is null && layout.CanSaveSnapshots)];
        GuestLayout profile = Array.Find(known, layout => layout.Id == config.Layout)
            ?? throw directory.Failure(
                Rules.ImageUnsupported,
                $"its layout is '{OneLine.Of(config.Layout)}', in this format this SDK reads {string.Join(" and ", known.AsEnumerable())}: make it anew from the guest");
        if (config.Sizes.HardwareInterrupts)
        {
            throw directory.Failure(Rules.ImageUnsupported, "its guest has hardware interrupts, and this format has no place for the state of interrupt controllers: make it anew without");
        }

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

        // What says how large scratch is differs from an image's, so there is one at least.
        ulong most = (map.SnapshotSize + map.Scratch.Size - map.PageTablesScratchOffset) / GuestLayout.PageSize;
        return config.PageCount > 0 && config.PageCount <= most
            ? map
            : throw directory.Failure(Rules.ImageMapDiffers, $"it has {config.PageCount} pages beside its image, a guest of its sizes has 1 to {most}");
    }

    private ImmutableArray<ulong> ReadIndex(SharedFile pages, int count, MemoryMap map)
    {
        byte[] index = new byte[count * sizeof(uint)];
        pages.Read(index, 0);
        try
        {
            return PageIndex.Read(index, count, map);
        }
        catch (FormatException e)
        {
            throw directory.Failure(Rules.ImageMapDiffers, e.Message);
        }
    }
}
