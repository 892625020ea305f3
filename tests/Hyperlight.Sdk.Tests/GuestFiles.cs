using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Sdk.Tests;

/// <summary>Creates small, valid guests for builds.</summary>
internal static class GuestFiles
{
    public static byte[] Amd64(byte fill = 0xF4) =>
        TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read, [fill]).Build();

    /// <summary>Creates a guest with the finding HL1017, which is a warning.</summary>
    public static byte[] WithWarning() =>
        TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute, [1]).Build();

    /// <summary>Creates the guest of <see cref="WithLines"/> without its symbols.</summary>
    public static byte[] Plain() => TestElf.Amd64().Build();

    /// <summary>Creates a guest with a function <c>start</c> in the first line of <c>guest.c</c>.</summary>
    public static byte[] WithLines() =>
        TestElf.Amd64().WithText(0, 0x40).WithSymbol("start", TestElf.DefaultEntry, 4).WithLines(0x40, (TestElf.DefaultEntry, "guest.c", 1))
            .Build();

    public static byte[] I686() => TestElf.I686().Build();
}
