using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Placement;

/// <summary>
/// Tests each rule for ELF files in the table of the i686 sheet, section 4.3, in each of the three layouts of 32-bit guests. Each row has
/// the rule's name, a guest that breaks it, and the code of the error.
/// </summary>
public sealed class I686ElfRulesTests
{
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;
    private const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
    private const ulong Identity = 0;
    private const ulong Paged = 0x1000;
    private const ulong Flat = 0x10_0000;
    private const uint HighestType = byte.MaxValue;

    private static readonly ulong[] Layouts = [Identity, Paged, Flat];

    public static TheoryData<string, Func<ulong, TestElf>, string> BrokenRules => new()
    {
        { "MACHINE", at => TestElf.I686At(at).WithMachine((ElfMachine)40), "HL1004" },
        { "MACHINE, x32", at => TestElf.I686At(at).WithMachine(ElfMachine.X86_64), "HL1004" },
        { "ENDIAN", at => TestElf.I686At(at).WithBytesAt(5, 2), "HL1003" },
        { "TYPE, object file", at => TestElf.I686At(at).WithType(ElfType.Relocatable), "HL1005" },
        { "TYPE, core file", at => TestElf.I686At(at).WithType(ElfType.Core), "HL1005" },
        { "PHDR, entry size", at => TestElf.I686At(at).WithBytesAt(42, 33), "HL1019" },
        { "PHDR, table outside of the file", at => TestElf.I686At(at).WithBytesAt(28, 0, 0, 0, 0x70), "HL1002" },
        { "PHDR, nothing to load", at => TestElf.I686At(at).WithoutSegments(), "HL1006" },
        {
            "BOUNDS, file",
            at => TestElf.I686At(at).WithProgramHeader(Header(at + 0x5000, offset: 0x10_0000, fileSize: 1, memorySize: 1)),
            "HL1002"
        },
        { "BOUNDS, sizes", at => TestElf.I686At(at).WithSegment(at + 0x5000, Data, new byte[0x20], memorySize: 0x10), "HL1007" },
        { "BOUNDS, 4 GiB", at => TestElf.I686At(at).WithSegment(0xFFFF_F000, Data, [1], memorySize: 0x1001), "HL1007" },
        { "ALIGN, power of two", at => TestElf.I686At(at).WithSegment(at + 0x6000, Data, [1], alignment: 0x3000), "HL1009" },
        { "ALIGN, offset", at => TestElf.I686At(at).WithProgramHeader(
            Header(at + 0x5000, offset: 0x40, fileSize: 1, memorySize: 1) with { Alignment = 0x1000 }), "HL1009" },
        { "ORDER, descending", at => TestElf.I686At(at).WithSegment(at + 0x6000, Data, [1]).WithSegment(at + 0x5000, Data, [1]), "HL1008" },
        { "ORDER, overlapping", at => TestElf.I686At(at).WithSegment(at + 0x2800, Data, [1]), "HL1008" },
        { "ENTRY, data", at => TestElf.I686At(at).WithEntry(at + 0x2000), "HL1010" },
        {
            "ENTRY, zero-filled tail",
            at => TestElf.I686At(at).WithSegment(at + 0x5000, Code, [1], memorySize: 0x20).WithEntry(at + 0x5010),
            "HL1010"
        },
        { "ENTRY, nowhere", at => TestElf.I686At(at).WithEntry(at + 0x9000), "HL1010" },
        { "INTERP", at => TestElf.I686At(at).WithInterpreter(), "HL1011" },
        { "NEEDED", at => TestElf.I686At(at).WithNeeded("libc.so.6"), "HL1012" },
        { "RELOC-RANGE, REL", at => TestElf.I686At(at).WithRel(at + 0x37FD), "HL1015" },
        { "RELOC-RANGE, RELA", at => TestElf.I686At(at).WithRela(at + 0x7000_0000, 1), "HL1015" },
        { "RELOC-RANGE, RELR", at => TestElf.I686At(at).WithRelr(at + 0x3800), "HL1015" },
        { "VERSION, before i686", at => TestElf.I686At(at).WithVersionNote("0.12.0"), "HL2003" },
        { "VERSION, after i686", at => TestElf.I686At(at).WithVersionNote("0.16.0"), "HL2003" },
    };

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void A_guest_that_breaks_a_rule_is_refused_with_its_code_in_each_layout(string rule, Func<ulong, TestElf> elf, string code)
    {
        Assert.NotEmpty(rule);
        Assert.All(Layouts, at => AssertRefused(code, elf(at)));
    }

    public static TheoryData<string, Func<ulong, TestElf>, string> Warnings => new()
    {
        { "TLS", at => TestElf.I686At(at).WithTls(8), "HL1013" },
        { "CTORS", at => TestElf.I686At(at).WithLoadedSection(".init_array", ElfSectionType.InitializationArray, at + 0x2000)
            .WithWordsAt(at + 0x2004, at + 0x20), "HL1023" },
        { "WX", at => TestElf.I686At(at).WithSegment(at + 0x5000, Data | ElfSegmentFlags.Execute, [1]), "HL1017" },
        { "GNUSTACK", at => TestElf.I686At(at).WithStack(Data | ElfSegmentFlags.Execute), "HL1020" },
    };

    [Theory]
    [MemberData(nameof(Warnings))]
    public void A_guest_that_a_rule_warns_of_is_baked_in_each_layout(string rule, Func<ulong, TestElf> elf, string code)
    {
        Assert.NotEmpty(rule);
        Assert.All(Layouts, at =>
        {
            Finding finding = Assert.Single(Findings(elf(at), out BakedImage? image));
            Assert.Equal((code, FindingSeverity.Warning), (finding.Rule.Code, finding.Rule.Severity));
            Assert.NotNull(image);
        });
    }

    public static TheoryData<string, Func<ulong, TestElf>> KeptRules => new()
    {
        { "nothing special", TestElf.I686At },
        { "GNUSTACK, not executable", at => TestElf.I686At(at).WithStack(Data) },
        {
            "RELOC, NONE anywhere",
            at => TestElf.I686At(at).WithRel(0xDEAD_0000, ElfRelocation.None).WithRela(0xDEAD_0000, 0, ElfRelocation.None)
        },
        {
            "RELOC, RELATIVE of each table",
            at => TestElf.I686At(at).WithRel(at + 0x2000).WithRela(at + 0x2004, 1).WithRelr(at + 0x2008).WithJmprel(at + 0x200C, 8)
        },
        { "RELOC, the last word", at => TestElf.I686At(at).WithRel(at + 0x37FC) },
        {
            "TEXTREL, because nothing is mapped yet",
            at => TestElf.I686At(at).WithRel(at + 0x20).WithDynamic(ElfDynamicTag.TextRelocations, 0)
        },
        { "TLS of no size", at => TestElf.I686At(at).WithTls(0) },
    };

    [Theory]
    [MemberData(nameof(KeptRules))]
    public void A_guest_that_keeps_the_rules_is_baked_without_a_word_in_each_layout(string rule, Func<ulong, TestElf> elf)
    {
        Assert.NotEmpty(rule);
        Assert.All(Layouts, at =>
        {
            Assert.Empty(Findings(elf(at), out BakedImage? image));
            Assert.NotNull(image);
        });
    }

    /// <summary>
    /// RELOC: all types but NONE and RELATIVE are refused, in tables with and without addends and in procedure linkage tables.
    /// </summary>
    [Fact]
    public void Of_all_types_of_relocations_two_are_accepted_and_the_others_are_HL1014() => Assert.All(Layouts, at =>
    {
        for (uint type = 0; type <= HighestType; type++)
        {
            string[] expected = type is ElfRelocation.None or ElfRelocation.Relative ? [] : ["HL1014"];
            Assert.Equal(expected, Codes(TestElf.I686At(at).WithRel(at + 0x2000, type, symbol: 1)));
            Assert.Equal(expected, Codes(TestElf.I686At(at).WithRela(at + 0x2000, 4, type, symbol: 1)));
            Assert.Equal(expected, Codes(TestElf.I686At(at).WithJmprel(at + 0x2000, type, symbol: 1)));
        }
    });

    [Theory]
    [InlineData(1, "R_386_32 at 0x102000")]
    [InlineData(2, "R_386_PC32 at 0x102000")]
    [InlineData(6, "R_386_GLOB_DAT at 0x102000")]
    [InlineData(7, "R_386_JMP_SLOT at 0x102000")]
    [InlineData(42, "R_386_IRELATIVE at 0x102000")]
    [InlineData(250, "of type 250 at 0x102000")]
    public void RELOC_names_the_type_and_the_place(uint type, string shown) =>
        Assert.Contains(
            shown, Assert.Single(Findings(TestElf.I686At(Flat).WithRel(Flat + 0x2000, type, symbol: 1), out _)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void CLASS_a_guest_that_is_said_to_be_of_the_other_class_is_HL2001()
    {
        Assert.Equal(["HL2001"], Codes(TestElf.Amd64(), asserted: "i686"));
        Assert.All(Layouts, at => Assert.Equal(["HL2001"], Codes(TestElf.I686At(at), asserted: "amd64")));
    }

    [Theory]
    [InlineData("0.13.1", 0x1000)]
    [InlineData("0.13.1", 0x10_0000)]
    [InlineData("0.15.0", 0x0)]
    [InlineData("0.15.0", 0x2000)]
    public void BASE_a_fixed_guest_that_is_not_linked_where_its_layout_starts_is_HL2010(string version, ulong address) =>
        AssertRefused("HL2010", TestElf.I686At(address).WithVersionNote(version));

    /// <summary>SCRATCH, and addresses beyond the layout. The paged layout also needs room for page tables.</summary>
    [Theory]
    [InlineData(Identity, 0x4000_0000, "HL2005")] // 1 GiB
    [InlineData(Flat, 0x4010_0000, "HL2005")]
    [InlineData(0xFFF0_0000, 0xFFFB_7000, "HL2004")]
    [InlineData(0xFFF0_0000, 0xFFFF_F000, "HL2005")]
    [InlineData(Paged, 0xFE5F_F000, "HL2004", 0x80_0000)] // Scratch begins at the physical address 0xFE60_0000.
    [InlineData(Paged, 0xFFFF_F000, "HL2005", 0x80_0000)]
    [InlineData(Identity, 0x3FF0_0000, null)]
    [InlineData(Flat, 0x3FF0_0000, null)]
    [InlineData(Paged, 0x3FF0_0000, null, 0x80_0000)]
    public void SCRATCH_a_segment_there_or_beyond_the_layout_is_refused(ulong at, ulong address, string? code, ulong scratchSize = 0x48000)
    {
        string[] codes = Codes(TestElf.I686At(at).WithSegment(address, Data, [1]), scratchSize: scratchSize);

        if (code is null)
        {
            Assert.Empty(codes);
        }
        else
        {
            Assert.Contains(code, codes);
        }
    }

    /// <summary>
    /// PEB: segments end before the PEB, which lies behind the image. The image's size includes all segments with zeros and gaps, rounded
    /// up.
    /// </summary>
    [Fact]
    public void PEB_lies_behind_the_last_byte_of_the_last_segment() => Assert.All(Layouts, at =>
    {
        Findings(TestElf.I686At(at).WithSegment(at + 0x9000, Data, [1], memorySize: 0x1001), out BakedImage? image);

        Assert.Equal(0xA001UL, image!.Config.CodeSize);
        Assert.Equal(at + 0xB000, image.Config.Regions.Single(region => region.Name == "peb").Gva.Value);
    });

    /// <summary>ENTRY16: the code segment of real mode ends at 64 KiB. The other layouts have no such limit.</summary>
    [Theory]
    [InlineData(0xFFFF, null)]
    [InlineData(0x10000, "HL2006")]
    [InlineData(0x10010, "HL2006")]
    public void ENTRY16_an_identity_entry_from_64_KiB_on_is_HL2006(ulong entry, string? code)
    {
        Assert.Equal(code is null ? [] : [code], Codes(TestElf.I686().WithSegment(0xFFF0, Code, new byte[0x40]).WithEntry(entry)));
        Assert.All(
            [Paged, Flat],
            at => Assert.Empty(Codes(TestElf.I686At(at).WithSegment(at + 0xFFF0, Code, new byte[0x40]).WithEntry(at + entry))));
    }

    [Fact]
    public void NULL_a_guest_at_0_is_told_that_it_has_no_null_guard_and_others_are_not()
    {
        Finding finding = Assert.Single(AllFindings(TestElf.I686(), new(), out BakedImage? image));

        Assert.Equal(("HL1021", FindingSeverity.Information), (finding.Rule.Code, finding.Rule.Severity));
        Assert.Contains("elsewhere than at 0 and 0x1000, for example at 0x100000 ", finding.Message, StringComparison.Ordinal);
        Assert.NotNull(image);
        Assert.All([Paged, Flat], at => Assert.Empty(AllFindings(TestElf.I686At(at), new(), out _)));
    }

    private static ElfSegment Header(ulong address, ulong offset, ulong fileSize, ulong memorySize) =>
        new(0, ElfSegmentType.Load, Data, offset, address, fileSize, memorySize, 1);

    private static void AssertRefused(string code, TestElf elf)
    {
        Assert.Contains(code, Findings(elf, out BakedImage? image).Select(finding => finding.Rule.Code));
        Assert.Null(image);
    }

    private static string[] Codes(TestElf elf, string? asserted = null, ulong scratchSize = 0x48000) =>
    [
        .. AllFindings(elf, new() { ScratchSize = scratchSize }, out _, asserted)
            .Where(finding => finding.Rule.Severity > FindingSeverity.Information).Select(finding => finding.Rule.Code),
    ];

    /// <summary>Gets the findings without the information that every identity guest gets.</summary>
    private static Finding[] Findings(TestElf elf, out BakedImage? image) =>
        [.. AllFindings(elf, new(), out image).Where(finding => finding.Rule.Severity > FindingSeverity.Information)];

    private static List<Finding> AllFindings(TestElf elf, GuestSizes sizes, out BakedImage? image, string? asserted = null)
    {
        List<Finding> findings = [];
        image = GuestBaker.Bake(
            new() { GuestName = "rules", Guest = elf.Build(), Sizes = sizes, AssertedArchitecture = asserted }, findings);
        return findings;
    }
}
