using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Sdk.Tests;

/// <summary>Guests for builds: small, valid, and different when asked for.</summary>
internal static class GuestFiles
{
    public static byte[] Amd64(byte fill = 0xF4) =>
        TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read, [fill]).Build();

    /// <summary>A guest that HL1017 warns of.</summary>
    public static byte[] WithWarning() =>
        TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute, [1]).Build();

    public static byte[] I686() => TestElf.I686().Build();
}
