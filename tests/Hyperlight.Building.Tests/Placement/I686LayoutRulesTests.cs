using System.Runtime.InteropServices;
using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Paging;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Placement;

/// <summary>
/// Tests the rules of the i686 sheet about memory: the layout (section 2), permissions (section 6.1) and pages of devices (section 6.3).
/// </summary>
public sealed class I686LayoutRulesTests
{
    private const ulong Paged = 0x1000;
    private const ulong Flat = 0x10_0000;

    /// <summary>The default sizes (section 2.1, "Defaults").</summary>
    [Fact]
    public void Sizes_that_nobody_asks_for_are_those_of_the_sheet()
    {
        GuestSizes sizes = new();

        Assert.Equal(
            (0x4000UL, 0x4000UL, 0x2_0000UL, 0x4_8000UL),
            (sizes.InputBufferSize, sizes.OutputBufferSize, sizes.HeapSize, sizes.ScratchSize));
        Assert.Equal(0x2000UL, GuestSizes.MinimumBufferSize);
    }

    /// <summary>The sizes from which on scratch covers a device (section 6.3).</summary>
    [Theory]
    [InlineData(0x011F_F000, null)]
    [InlineData(0x0120_0000, "local APIC")]
    [InlineData(0x0140_0000, "IOAPIC")]
    public void APIC_scratch_over_a_device_is_HL2009_at_build_time_and_when_the_image_is_opened(ulong scratchSize, string? device)
    {
        foreach (ulong address in (ulong[])[0, Flat])
        {
            List<Finding> findings = [];
            byte[] guest = TestElf.I686At(address).Build();
            BakedImage? image = GuestBaker.Bake(
                new() { GuestName = "g", Guest = guest, Sizes = new() { ScratchSize = scratchSize } }, findings);
            Assert.Equal(device is null, image is not null);
            Assert.Equal(device is not null, findings.Exists(finding =>
                finding.Rule == Rules.ReservedRange && finding.Message.Contains($"addresses of the {device}", StringComparison.Ordinal)));

            BakedImage baked = GuestBaker.Bake(new() { GuestName = "g", Guest = guest }, [])!;
            using TemporaryDirectory root = new();
            ImageWriter.Write(root.Path, new(Resized(baked.Config, scratchSize), baked.Pieces));
            if (device is null)
            {
                GuestImage.Open(root.Path).Dispose();
                continue;
            }

            HyperlightException refused = Assert.Throws<HyperlightException>(() => GuestImage.Open(root.Path));
            Assert.Equal(Rules.ImageMapDiffers, refused.Finding!.Rule);
            Assert.Contains("addresses of the ", refused.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// In profile B scratch ends below the local APIC, and it covers the IOAPIC if it is larger than 2 MiB less a page (section 6.3).
    /// </summary>
    [Theory]
    [InlineData(0x1F_F000, true, false)]
    [InlineData(0x20_0000, false, false)]
    [InlineData(0x20_0000, true, true)]
    [InlineData(0x0200_0000, false, false)]
    [InlineData(0x0200_0000, true, true)]
    public void APIC_paged_scratch_over_the_IOAPIC_is_HL2009_where_there_is_one_at_build_time_and_when_the_image_is_opened(
        ulong scratchSize, bool hasInterrupts, bool isRefused)
    {
        byte[] guest = TestElf.I686At(Paged).Build();
        List<Finding> findings = [];
        GuestSizes sizes = new() { ScratchSize = scratchSize, HardwareInterrupts = hasInterrupts };
        GuestBaker.Bake(new() { GuestName = "g", Guest = guest, Sizes = sizes }, findings);
        Assert.Equal(isRefused ? ["HL2009"] : [], findings.Select(finding => finding.Rule.Code));

        BakedImage baked =
            GuestBaker.Bake(new() { GuestName = "g", Guest = guest, Sizes = sizes with { HardwareInterrupts = false } }, [])!;
        using TemporaryDirectory root = new();
        ImageWriter.Write(
            root.Path, new(baked.Config with { Sizes = baked.Config.Sizes with { HardwareInterrupts = hasInterrupts } }, baked.Pieces));
        if (isRefused)
        {
            HyperlightException refused = Assert.Throws<HyperlightException>(() => GuestImage.Open(root.Path));
            Assert.Equal(Rules.ImageMapDiffers, refused.Finding!.Rule);
            Assert.Contains("addresses of the IOAPIC (0xFEC00000-0xFEC00FFF)", refused.Message, StringComparison.Ordinal);
        }
        else
        {
            GuestImage.Open(root.Path).Dispose();
        }
    }

    /// <summary>Image, PEB, heap and init data each have pages of their own; the heap size is rounded up (section 2.1).</summary>
    [Theory]
    [InlineData("i686-0.13", 0)]
    [InlineData("i686-0.15", 0x1000)]
    [InlineData("i686-flat", 0x1000)]
    public void The_parts_of_a_guest_follow_each_other_from_its_base(string layout, ulong start)
    {
        MemoryMap map =
            MemoryMap.TryCreate(GuestLayouts.Find(layout)!, new() { HeapSize = 0x1_0001, InitDataSize = 0x1001 }, 0x2345, null, [])!;

        Assert.Equal(
            [("image", start, 0x3000UL), ("peb", start + 0x3000, 0x1000), ("heap", start + 0x4000, 0x11000),
                ("init-data", start + 0x15000, 0x2000)],
            map.Regions[..4].Select(region => (region.Name, region.Gva.Value, region.Size)));
    }

    /// <summary>
    /// Upstream once lowered MAX_GPA alone, so that every pointer in the PEB, which is a GVA, was wrong (section 1.2 R9, hl issue 1403).
    /// </summary>
    [Fact]
    public void Pointers_of_the_PEB_are_physical_addresses_wherever_there_is_no_paging()
    {
        foreach (GuestLayout layout in GuestLayouts.All.Where(layout => layout.Paging == GuestPaging.None))
        {
            Assert.Equal(layout.ScratchTopGva.Value, layout.ScratchTopGpa.Value);
            MemoryMap map = MemoryMap.TryCreate(layout, new(), 0x2345, null, [])!;
            ulong[] words = [.. MemoryMarshal.Cast<byte, ulong>(ProcessEnvironmentBlock.Write(map))];

            Assert.Equal([map.Scratch.Gpa.Value, map.Scratch.Gpa.Value + words[0]], [words[1], words[3]]);
            Assert.Equal([map.InitData.Gpa.Value, map.Heap.Gpa.Value, map.Peb.Gpa.Value + 0x50], [words[5], words[7], words[9]]);
        }
    }

    /// <summary>Only layouts without paging allow writing to the image, whatever an image says (sections 6.1 and 10).</summary>
    [Theory]
    [InlineData(0UL, "rwx", "r-x")]
    [InlineData(Flat, "rwx", "r-x")]
    [InlineData(Paged, "r-x", "rwx")]
    public void An_image_cannot_ask_for_other_permissions_than_its_layout_has(ulong address, string permissions, string others)
    {
        BakedImage baked = GuestBaker.Bake(new() { GuestName = "g", Guest = TestElf.I686At(address).Build() }, [])!;
        MemoryRegion[] stored = [.. baked.Config.Regions.Where(region => region.Name is not ("scratch" or "page-tables"))];
        Assert.All(stored, region => Assert.Equal(permissions, region.Host.ToText()));
        Assert.All(baked.Config.Regions.Except(stored), region => Assert.Equal("rwx", region.Host.ToText()));
        using TemporaryDirectory root = new();
        ImageWriter.Write(root.Path, new(
            baked.Config with
            {
                Regions = [.. baked.Config.Regions.Select(
                    region => stored.Contains(region) ? region with { Host = Parse(others) } : region)],
            },
            baked.Pieces));

        Assert.Equal(Rules.ImageMapDiffers, Assert.Throws<HyperlightException>(() => GuestImage.Open(root.Path)).Finding!.Rule);
    }

    private static MemoryPermissions Parse(string text) =>
        MemoryPermissionsText.TryParse(text.Replace("-", "", StringComparison.Ordinal), out MemoryPermissions permissions)
            ? permissions
            : throw new FormatException(text);

    private static ImageConfig Resized(ImageConfig config, ulong scratchSize) => config with
    {
        Sizes = config.Sizes with { ScratchSize = scratchSize },
        Regions =
        [
            .. config.Regions.Select(region => region.Name != "scratch" ? region : region with
            {
                Size = scratchSize,
                Gpa = new((1UL << 32) - scratchSize),
                Gva = new((1UL << 32) - scratchSize),
            }),
        ],
    };
}
