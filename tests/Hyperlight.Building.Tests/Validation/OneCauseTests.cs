using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

/// <summary>Tests that one cause gives one finding: each guest has one fault, and the build reports the code of this fault only.</summary>
public sealed class OneCauseTests
{
    private const ElfSegmentFlags Read = ElfSegmentFlags.Read;
    private const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;

    public static TheoryData<string, Func<byte[]>> Causes => new()
    {
        { "HL1001", () => [.. "#!/bin/sh\n"u8] },
        { "HL1001", () => [] },
        { "HL1002", () => TestElf.Amd64().Build()[..40] },
        { "HL1002", () => TestElf.Amd64().Build()[..100] },
        { "HL1002", () => TestElf.Amd64().WithSegment(0x10000, Read, [1]).Build()[..^1] },
        { "HL1002", () => TestElf.Amd64().WithProgramHeader(Header(0x100000, 0x10000, 1, 1)).Build() },
        { "HL1003", () => TestElf.Amd64().WithBytesAt(5, 2).Build() },
        { "HL1003", () => TestElf.Amd64().WithBytesAt(20, 2).Build() },
        { "HL1004", () => TestElf.Amd64().WithMachine((ElfMachine)183).Build() },
        { "HL1005", () => TestElf.Amd64().WithType(ElfType.Relocatable).WithoutSegments().WithEntry(0).Build() },
        { "HL1005", () => TestElf.Amd64().WithType(ElfType.Core).Build() },
        { "HL1006", () => TestElf.Amd64().WithoutSegments().Build() },
        { "HL1007", () => TestElf.Amd64().WithSegment(0x10000, Read, new byte[0x20], memorySize: 0x1F).Build() },
        { "HL1007", () => TestElf.Amd64().WithSegment(0x10000, Read, [1], memorySize: ulong.MaxValue).Build() },
        { "HL1008", () => TestElf.Amd64().WithSegment(0x2010, Read, [1], alignment: 1).Build() },
        { "HL1009", () => TestElf.Amd64().WithSegment(0x10000, Read, [1], alignment: 3).Build() },
        { "HL1010", () => TestElf.Amd64().WithEntry(0x9000).Build() },
        { "HL1011", () => TestElf.Amd64().WithInterpreter().Build() },
        { "HL1012", () => TestElf.Amd64().WithNeeded("libc.so.6").Build() },
        { "HL1013", () => TestElf.Amd64().WithTls(8).Build() },
        {
            "HL1014",
            () => TestElf.Amd64().WithRela(0x2000, 0, type: 6, symbol: 1).WithUndefinedSymbol("asked", ElfSymbolBinding.Global).Build()
        },
        { "HL1015", () => TestElf.Amd64().WithRela(0x9000_0000, 0).Build() },
        { "HL1016", () => TestElf.Amd64().WithRela(0x2000, 0).WithDynamic(ElfDynamicTag.RelaEntrySize, 7).Build() },
        { "HL1017", () => TestElf.Amd64().WithSegment(0x10000, Data | ElfSegmentFlags.Execute, [1]).Build() },
        { "HL1018", () => TestElf.Amd64().WithoutSections().WithVersionNoteSegment("0.16 beta").Build() },
        { "HL1019", () => TestElf.Amd64().WithBytesAt(52, 52).Build() },
        { "HL1020", () => TestElf.Amd64().WithStack(Data | ElfSegmentFlags.Execute).Build() },
        { "HL1021", () => TestElf.I686().Build() },
        { "HL1022", () => TestElf.Amd64().WithUndefinedSymbol("missing", ElfSymbolBinding.Global).Build() },
        { "HL1023", () =>
            TestElf.Amd64().WithLoadedSection(".init_array", ElfSectionType.InitializationArray, 0x2000).WithRela(0x2000, 0x20).Build() },
        {
            "HL1024",
            () => TestElf.Amd64()
                .WithLoadedSection(".text", ElfSectionType.NoBits, 0, 0x40, ElfSectionFlags.Allocate | ElfSectionFlags.Execute)
                .Build()
        },
        { "HL1025", () => TestElf.Amd64().WithUndefinedSymbol("missing", ElfSymbolBinding.Weak).Build() },
        { "HL1026", () => TestElf.I686At(0x10_0000).WithCodeAt(0x10_0020, 0xF2, 0x0F, 0x59, 0xC1).WithSymbol("f", 0x10_0020, 4).Build() },
        { "HL1027", () => TestElf.Amd64().WithCodeAt(0x20, 0xE6, 0x70).WithSymbol("f", 0x20, 2).Build() },
        { "HL2003", () => TestElf.Amd64().WithVersionNote("0.12.0").Build() },
        { "HL2004", () => TestElf.I686At(0xFFFB_0000).WithSegment(0xFFFB_9000, Read, [1]).Build() },
        { "HL2005", () => TestElf.Amd64().WithSegment(0x4_0000_0000, Read, [1]).Build() },
        { "HL2009", () => TestElf.I686At(0xFEBF_F000).Build() },
        { "HL2010", () => TestElf.Amd64().WithType(ElfType.Executable).Build() },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_guest_that_is_wrong_in_one_thing_has_one_finding(string code, Func<byte[]> guest)
    {
        List<Finding> findings = [];
        GuestBaker.Validate(new() { GuestName = "one", Guest = guest() }, findings);

        Assert.True(findings.Count == 1 && findings[0].Rule.Code == code, $"{code} is not all of:\n{string.Join('\n', findings)}");
    }

    private static ElfSegment Header(ulong offset, ulong address, ulong fileSize, ulong memorySize) =>
        new(0, ElfSegmentType.Load, Read, offset, address, fileSize, memorySize, 1);
}
