using System.Runtime.InteropServices;
using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Image.Tests.Images;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Layouts;

/// <summary>
/// The rule tables of the i686 sheet for guests without paging: of section 2 the layout, of section 4.3 each line that can be broken in such a guest, with
/// the code it is refused with, in the identity layout and in ours.
/// </summary>
public sealed class UnpagedRulesTests
{
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;
    private const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
    private const ulong Flat = 0x10_0000;

    public static TheoryData<string, Func<ulong, TestElf>, string> BrokenRules => new()
    {
        { "MACHINE", at => TestElf.I686At(at).WithMachine((ElfMachine)40), "HL1004" },
        { "MACHINE, x32", at => TestElf.I686At(at).WithMachine(ElfMachine.X86_64), "HL1004" },
        { "ENDIAN", at => TestElf.I686At(at).WithBytesAt(5, 2), "HL1003" },
        { "TYPE", at => TestElf.I686At(at).WithType(ElfType.Relocatable), "HL1005" },
        { "PHDR, entry size", at => TestElf.I686At(at).WithBytesAt(42, 33), "HL1019" },
        { "BOUNDS, file", at => TestElf.I686At(at).WithProgramHeader(Header(at + 0x5000, offset: 0x10_0000, fileSize: 1, memorySize: 1)), "HL1002" },
        { "BOUNDS, sizes", at => TestElf.I686At(at).WithSegment(at + 0x5000, Data, new byte[0x20], memorySize: 0x10), "HL1007" },
        { "ALIGN, power of two", at => TestElf.I686At(at).WithSegment(at + 0x6000, Data, [1], alignment: 0x3000), "HL1009" },
        { "ORDER, descending", at => TestElf.I686At(at).WithSegment(at + 0x6000, Data, [1]).WithSegment(at + 0x5000, Data, [1]), "HL1008" },
        { "ORDER, overlapping", at => TestElf.I686At(at).WithSegment(at + 0x2800, Data, [1]), "HL1008" },
        { "SCRATCH and addresses beyond the layout", at => TestElf.I686At(at).WithSegment(at + 0x5000_0000, Data, [1]), "HL2005" },
        { "ENTRY, data", at => TestElf.I686At(at).WithEntry(at + 0x2000), "HL1010" },
        { "ENTRY, zero-filled tail", at => TestElf.I686At(at).WithSegment(at + 0x5000, Code, [1], memorySize: 0x20).WithEntry(at + 0x5010), "HL1010" },
        { "INTERP", at => TestElf.I686At(at).WithInterpreter(), "HL1011" },
        { "NEEDED", at => TestElf.I686At(at).WithNeeded("libc.so.6"), "HL1012" },
        { "TLS", at => TestElf.I686At(at).WithTls(8), "HL1013" },
        { "RELOC, REL R_386_32", at => TestElf.I686At(at).WithRel(at + 0x2000, type: 1, symbol: 1), "HL1014" },
        { "RELOC, RELA R_386_PC32", at => TestElf.I686At(at).WithRela(at + 0x2000, 4, type: 2, symbol: 1), "HL1014" },
        { "RELOC, REL R_386_GLOB_DAT", at => TestElf.I686At(at).WithRel(at + 0x2000, type: 6, symbol: 1), "HL1014" },
        { "RELOC, JMPREL R_386_JMP_SLOT", at => TestElf.I686At(at).WithJmprel(at + 0x2000, type: 7, symbol: 1), "HL1014" },
        { "RELOC, REL R_386_IRELATIVE", at => TestElf.I686At(at).WithRel(at + 0x2000, type: 42), "HL1014" },
        { "RELOC-RANGE, REL", at => TestElf.I686At(at).WithRel(at + 0x37FD), "HL1015" },
        { "RELOC-RANGE, RELA", at => TestElf.I686At(at).WithRela(at + 0x7000_0000, 1), "HL1015" },
        { "RELOC-RANGE, RELR", at => TestElf.I686At(at).WithRelr(at + 0x3800), "HL1015" },
        { "WX", at => TestElf.I686At(at).WithSegment(at + 0x5000, Data | ElfSegmentFlags.Execute, [1]), "HL1017" },
        { "VERSION", at => TestElf.I686At(at).WithVersionNote("0.12.0"), "HL2003" },
    };

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void Each_rule_of_section_4_3_is_refused_with_its_code_in_both_layouts(string rule, Func<ulong, TestElf> elf, string code)
    {
        Assert.NotEmpty(rule);
        Assert.Contains(code, Findings(elf(0)));
        Assert.Contains(code, Findings(elf(Flat)));
    }

    public static TheoryData<string, Func<ulong, TestElf>> KeptRules => new()
    {
        { "nothing special", TestElf.I686At },
        { "RELOC, NONE anywhere", at => TestElf.I686At(at).WithRel(0xDEAD_0000, ElfRelocation.None).WithRela(0xDEAD_0000, 0, ElfRelocation.None) },
        { "RELOC, RELATIVE of each table", at => TestElf.I686At(at).WithRel(at + 0x2000).WithRela(at + 0x2004, 1).WithRelr(at + 0x2008).WithJmprel(at + 0x200C, 8) },
        { "RELOC, the last word", at => TestElf.I686At(at).WithRel(at + 0x37FC) },
        { "TEXTREL, because nothing is mapped yet", at => TestElf.I686At(at).WithRel(at + 0x20).WithDynamic(ElfDynamicTag.TextRelocations, 0) },
        { "TLS of no size", at => TestElf.I686At(at).WithTls(0) },
    };

    [Theory]
    [MemberData(nameof(KeptRules))]
    public void What_keeps_the_rules_of_section_4_3_is_baked_in_both_layouts(string rule, Func<ulong, TestElf> elf)
    {
        Assert.NotEmpty(rule);
        Assert.Empty(Findings(elf(0)));
        Assert.Empty(Findings(elf(Flat)));
    }

    [Fact]
    public void CLASS_a_64_bit_guest_that_is_said_to_be_i686_is_HL2001() =>
        Assert.Equal(["HL2001"], Findings(TestElf.Amd64(), asserted: "i686"));

    [Fact]
    public void PHDR_without_a_segment_to_load_is_HL1006() => Assert.Contains("HL1006", Findings(TestElf.I686().WithoutSegments()));

    [Theory]
    [InlineData(0x1000)]
    [InlineData(0x10_0000)]
    public void BASE_an_identity_guest_that_is_linked_elsewhere_is_HL2010(ulong address) =>
        Assert.Contains("HL2010", Findings(TestElf.I686At(address).WithVersionNote("0.13.1")));

    /// <summary>ENTRY16: the code segment of real mode ends at 64 KiB; a flat guest has no such end.</summary>
    [Theory]
    [InlineData(0xFFFF, null)]
    [InlineData(0x10000, "HL2006")]
    [InlineData(0x10010, "HL2006")]
    public void ENTRY16_an_identity_entry_from_64_KiB_on_is_HL2006(ulong entry, string? code)
    {
        Assert.Equal(code is null ? [] : [code], Findings(TestElf.I686().WithSegment(0xFFF0, Code, new byte[0x40]).WithEntry(entry)));
        Assert.Empty(Findings(TestElf.I686At(Flat).WithSegment(Flat + 0xFFF0, Code, new byte[0x40]).WithEntry(Flat + entry)));
    }

    /// <summary>Section 6.3: the tables of sizes from which scratch covers a device.</summary>
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
            BakedImage? image = GuestBaker.Bake(new() { GuestName = "g", Guest = guest, Sizes = new() { ScratchSize = scratchSize } }, findings);
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

    /// <summary>Section 2.1: image, PEB, heap, init data, each on pages of its own; a heap of odd size is rounded up.</summary>
    [Fact]
    public void The_parts_of_an_identity_guest_follow_each_other_from_0()
    {
        MemoryMap map = MemoryMap.TryCreate(GuestLayouts.I686V13, new() { HeapSize = 0x1_0001, InitDataSize = 0x1001 }, 0x2345, null, [])!;

        Assert.Equal(
            [("image", 0UL, 0x3000UL), ("peb", 0x3000, 0x1000), ("heap", 0x4000, 0x11000), ("init-data", 0x15000, 0x2000)],
            map.Regions[..4].Select(region => (region.Name, region.Gpa.Value, region.Size)));
    }

    /// <summary>
    /// Upstream once lowered MAX_GPA alone, and every pointer in the PEB, which is a GVA, led nowhere (section 1.2 R9, hl issue 1403).
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

    /// <summary>Section 6.1, profile A; an image cannot say otherwise.</summary>
    [Theory]
    [InlineData(0UL)]
    [InlineData(Flat)]
    public void An_image_without_paging_cannot_ask_for_a_read_only_snapshot_region(ulong address)
    {
        BakedImage baked = GuestBaker.Bake(new() { GuestName = "g", Guest = TestElf.I686At(address).Build() }, [])!;
        Assert.All(baked.Config.Regions, region => Assert.Equal("rwx", region.Host.ToText()));
        using TemporaryDirectory root = new();
        ImageWriter.Write(root.Path, new(
            baked.Config with { Regions = [.. baked.Config.Regions.Select(region => region with { Host = MemoryPermissions.Read | MemoryPermissions.Execute })] },
            baked.Pieces));

        Assert.Equal(Rules.ImageMapDiffers, Assert.Throws<HyperlightException>(() => GuestImage.Open(root.Path)).Finding!.Rule);
    }

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

    private static ElfSegment Header(ulong address, ulong offset, ulong fileSize, ulong memorySize) =>
        new(0, ElfSegmentType.Load, Data, offset, address, fileSize, memorySize, 1);

    private static string[] Findings(TestElf elf, string? asserted = null)
    {
        List<Finding> findings = [];
        GuestBaker.Bake(new() { GuestName = "rules", Guest = elf.Build(), AssertedArchitecture = asserted }, findings);
        return [.. findings.Select(finding => finding.Rule.Code)];
    }
}
