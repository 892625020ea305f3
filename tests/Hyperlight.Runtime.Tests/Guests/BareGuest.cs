using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>32-bit guests of one page of code and nothing else, which starts at its first byte.</summary>
internal static class BareGuest
{
    public const uint FlatAddress = 0x10_0000;
    public const uint PagedAddress = 0x1000;

    /// <summary>Where the first instruction is, by layout.</summary>
    public static IReadOnlyDictionary<string, uint> Addresses { get; } =
        new Dictionary<string, uint> { ["identity"] = 0, ["flat"] = FlatAddress, ["paged"] = PagedAddress };

    /// <summary>16-bit code at 0, started in real mode: the identity layout.</summary>
    public static TestGuest Identity(params byte[] code) => At(0, code);

    /// <summary>32-bit code, started in protected mode: the flat layout.</summary>
    public static TestGuest Flat(params byte[] code) => At(FlatAddress, code);

    /// <summary>32-bit code, started with paging on: the paged layout.</summary>
    public static TestGuest Paged(params byte[] code) => At(PagedAddress, code);

    /// <summary>Code at an address.</summary>
    public static TestGuest At(uint address, params byte[] code) => At(address, new GuestSizes(), code);

    /// <summary>Code at an address, with other sizes than the usual ones.</summary>
    public static TestGuest At(uint address, GuestSizes sizes, params byte[] code) =>
        TestGuest.FromElf(Elf(address, code).Build(), request => request with { Sizes = sizes });

    public static TestElf Elf(uint address, byte[] code) => TestElf.I686At(address).WithoutSegments()
        .WithSegment(address, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, code).WithEntry(address);
}
