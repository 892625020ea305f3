using System.Diagnostics;
using System.Security.Cryptography;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Paging;
using Hyperlight.Placement;
using Hyperlight.SourceLines;
using Hyperlight.Telemetry;
using Hyperlight.Validation;

namespace Hyperlight.Baking;

/// <summary>
/// Bakes images: turns the ELF file of a guest into its initial memory. The methods read and write no files and need no hypervisor.
/// </summary>
internal static class GuestBaker
{
    /// <summary>Checks a guest as <see cref="Bake"/> does, without baking an image.</summary>
    /// <param name="request">The guest and its settings.</param>
    /// <param name="findings">Receives a finding for each broken rule.</param>
    /// <returns>The guest's layout; <c>null</c> if an error was found.</returns>
    public static GuestLayout? Validate(BakeRequest request, ICollection<Finding> findings) => Check(request, findings)?.Map.Layout;

    /// <summary>Bakes an image. Equal requests give equal bytes on all computers.</summary>
    /// <param name="request">The guest and its settings.</param>
    /// <param name="findings">Receives a finding for each broken rule, including warnings.</param>
    /// <returns>The image; <c>null</c> if an error was found.</returns>
    public static BakedImage? Bake(BakeRequest request, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(findings);
        using Activity? span = Spans.Source.StartActivity("build " + request.GuestName)?.SetTag(Tags.Guest, request.GuestName);
        List<Finding> found = [];
        BakedImage? image = BakeChecked(request, found);
        if (found.Find(finding => finding.Rule.Severity == FindingSeverity.Error) is { } error)
        {
            span?.SetTag(Tags.ErrorType, error.Rule.Code).SetStatus(ActivityStatusCode.Error, error.ToString());
        }

        found.ForEach(findings.Add);
        return image;
    }

    private static BakedImage? BakeChecked(BakeRequest request, List<Finding> findings)
    {
        if (Check(request, findings) is not (ElfFile elf, GuestPlacement placement, MemoryMap fullMap))
        {
            return null;
        }

        GuestLayout layout = fullMap.Layout;
        PageStore pages = GuestLoader.Load(elf, placement);
        KeyValuePair<ulong, byte[]>[] stored = [.. pages.NonZeroPages];
        bool paged = layout.Paging != GuestPaging.None;
        MemoryMap map = !paged
            ? fullMap
            : MemoryMap.TryCreate(layout, fullMap.Sizes, placement.ImageSize, (ulong)stored.Length * GuestLayout.PageSize, findings)
                ?? throw new InvalidOperationException("a map with fewer stored pages cannot break a rule that the full one keeps");

        // An image with page tables stores its pages one after the other. Without page tables each page is stored at its own place.
        List<BlobPiece> pieces = [];
        ulong Place(int index) => paged ? (ulong)index * GuestLayout.PageSize : stored[index].Key * GuestLayout.PageSize;
        for (int i = 0; i < stored.Length; i++)
        {
            pieces.Add(new(Place(i), stored[i].Value));
        }

        pieces.Add(new(map.Peb.BlobOffset, ProcessEnvironmentBlock.Write(map)));
        pieces.Add(new(map.InitData.BlobOffset, request.InitData));
        if (paged)
        {
            Dictionary<ulong, GuestPhysicalAddress> placed = stored.Index().ToDictionary(
                page => page.Item.Key, page => map.Image.Gpa + Place(page.Index));
            IEnumerable<MemoryPermissions> permissions = GuestLoader.PagePermissions(elf, placement, map, request.Permissions);
            pieces.Add(new(map.PageTables.BlobOffset, InitialPageTables.Build(map, permissions, placed)));
        }

        string digest = Convert.ToHexStringLower(SHA256.HashData(request.Guest.Span));
        ImageConfig config = new()
        {
            SchemaVersion = ImageConfig.CurrentSchemaVersion,
            SdkVersion = ImageConfig.CurrentSdkVersion,
            Layout = layout.Id,
            GuestName = request.GuestName,
            GuestSha256 = digest,
            GuestBuildId = elf.BuildId,
            SegmentPermissions = request.Permissions,
            Sizes = map.Sizes,
            CodeSize = map.CodeSize,
            EntryPoint = unchecked(elf.Entry + placement.Slide),
            Regions = map.Regions,
            MemorySize = map.BlobSize,
            Stored = paged ? [new(0, map.BlobSize)] : StoredRanges.Covering(pieces),
        };
        byte[] sourceMap = new GuestSources(elf.SymbolFile).WriteMap(digest, placement.Slide, request.SourceFolder);
        return new BakedImage(config, pieces, sourceMap);
    }

    private static (ElfFile Elf, GuestPlacement Placement, MemoryMap Map)? Check(BakeRequest request, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(findings);

        List<Finding> found = [];
        if (!GuestName.IsValid(request.GuestName))
        {
            found.Add(Rules.BadGuestName.Found(
                $"'{request.GuestName}' cannot be the name of a guest; "
                + $"a name is up to {GuestName.MaxLength} of the characters A-Z a-z 0-9 _ - . "
                + $"does not start with - or . or end with ., and is no device of Windows like con or com1: give the guest another name."));
        }

        ElfFile? elf = WithSymbols(ElfFile.TryRead(request.Guest, found), request.Symbols, found);
        GuestLayout? layout = elf is null ? null : LayoutSelection.Select(elf, request.AssertedArchitecture, found);
        GuestPlacement placement = default;
        MemoryMap? map = null;
        if (elf is not null && layout is not null)
        {
            GuestValidator.Validate(elf, layout, found);
            if (request.FileLabels.Count > 0 && !layout.ListsFileMappings)
            {
                found.Add(Rules.LayoutLacks.Found(
                    $"the guest is to find files by the labels {string.Join(", ", request.FileLabels)}, guests of the layout {layout.Id} "
                    + $"have no list of files: "
                    + $"remove FileMappings, map the files with SandboxOptions.MapFile and pass their addresses to the guest."));
            }

            GuestSizes sizes = request.Sizes with { InitDataSize = (ulong)request.InitData.Length };
            placement = new(elf, layout);

            // An image that is too large for any layout has a finding already. The settings are checked without the image.
            ulong imageSize = placement.ImageSize <= layout.MaxRegionSize ? placement.ImageSize : GuestLayout.PageSize;
            map = MemoryMap.TryCreate(layout, sizes, imageSize, storedImageSize: null, found);
        }

        foreach (Finding finding in found)
        {
            findings.Add(finding);
        }

        bool usable = elf is not null && map is not null && found.TrueForAll(finding => finding.Rule.Severity != FindingSeverity.Error);
        return usable ? (elf!, placement, map!) : null;
    }

    private static ElfFile? WithSymbols(ElfFile? elf, ReadOnlyMemory<byte> symbols, List<Finding> findings)
    {
        if (elf is null || symbols.IsEmpty)
        {
            return elf;
        }

        if (elf.TryWithSymbolsOf(symbols) is not { } complete)
        {
            findings.Add(Rules.OtherSymbols.Found(
                $"the file with the symbols of the guest is no ELF file with the guest's segments and code, and is left aside, "
                + $"so that findings and crashes name no lines of it: "
                + $"link the guest again and keep the file from before it was stripped, or remove the file."));
            return elf;
        }

        return complete;
    }
}
