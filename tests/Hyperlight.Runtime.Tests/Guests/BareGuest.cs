using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Creates 32-bit guests that consist of one page of code. The guest starts at the first byte of the code.</summary>
internal static class BareGuest
{
    public const uint FlatAddress = 0x10_0000;
    public const uint PagedAddress = 0x1000;

    /// <summary>The address of the first instruction for each layout.</summary>
    public static IReadOnlyDictionary<string, uint> Addresses { get; } =
        new Dictionary<string, uint> { ["identity"] = 0, ["flat"] = FlatAddress, ["paged"] = PagedAddress };

    /// <summary>Creates a guest of the identity layout: 16-bit code at address 0, started in real mode.</summary>
    public static TestGuest Identity(params byte[] code) => At(0, code);

    /// <summary>Creates a guest of the flat layout: 32-bit code, started in protected mode without paging.</summary>
    public static TestGuest Flat(params byte[] code) => At(FlatAddress, code);

    /// <summary>Creates a guest of the paged layout: 32-bit code, started with paging on.</summary>
    public static TestGuest Paged(params byte[] code) => At(PagedAddress, code);

    /// <summary>Creates a guest with code at an address and the default sizes.</summary>
    public static TestGuest At(uint address, params byte[] code) => At(address, new GuestSizes(), code);

    /// <summary>Creates a guest with code at an address and the given sizes.</summary>
    public static TestGuest At(uint address, GuestSizes sizes, params byte[] code) =>
        TestGuest.FromElf(Elf(address, code).Build(), request => request with { Sizes = sizes });

    public static TestElf Elf(uint address, byte[] code) => TestElf.I686At(address).WithoutSegments()
        .WithSegment(address, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, code).WithEntry(address);
}
