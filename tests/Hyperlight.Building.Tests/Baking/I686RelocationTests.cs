using Hyperlight.Baking;
using Hyperlight.Building.Tests.Placement;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Baking;

/// <summary>
/// Tests the effect of accepted relocations, for each table and in each layout (i686 sheet, sections 4.1 to 4.3). For the accepted types
/// see <see cref="I686ElfRulesTests"/>.
/// </summary>
public sealed class I686RelocationTests
{
    private const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
    private const uint DataOffset = 0x4000;

    public static TheoryData<string?, uint, uint> Places => new()
    {
        { "0.13.1", 0, 0 },
        { "0.13.1", 0x10_0000, 0 },
        { "0.15.0", 0, 0x1000 },
        { "0.15.0", 0x40_0000, 0x1000 },
        { null, 0, 0x1000 },
        { null, 0x40_0000, 0x40_0000 },
    };

    /// <summary>
    /// A relocation adds the load base minus the link base to the word or to the addend, and changes 4 bytes; upstream writes 8 for some.
    /// </summary>
    [Theory]
    [MemberData(nameof(Places))]
    public void An_i386_relocation_of_each_table_changes_four_bytes(string? version, uint linked, uint loaded)
    {
        // For REL, RELA, RELR and JMPREL: a word with an address in the guest, and a word that must not change.
        uint[] words = [linked + 0x10, 0xAAAA_AAAA, 0x5555_5555, 0xAAAA_AAAA, linked + 0x30, 0xAAAA_AAAA, linked + 0x38, 0xAAAA_AAAA];
        uint data = linked + DataOffset;

        BakedImage image = Bake(Guest(version, linked).WithSegment(data, Data, [.. words.SelectMany(BitConverter.GetBytes)])
            .WithRel(data).WithRela(data + 8, linked + 0x20).WithRelr(data + 16).WithJmprel(data + 24, ElfRelocation.Relative));

        byte[] baked = new BakedMemory(image).Read(loaded + DataOffset, 4 * words.Length);
        Assert.Equal(
            [loaded + 0x10, 0xAAAA_AAAA, loaded + 0x20, 0xAAAA_AAAA, loaded + 0x30, 0xAAAA_AAAA, loaded + 0x38, 0xAAAA_AAAA],
            baked.Chunk(4).Select(word => BitConverter.ToUInt32(word)));
    }

    /// <summary>The entry point moves with the guest (i686 sheet, section 4.2).</summary>
    [Theory]
    [MemberData(nameof(Places))]
    public void Bytes_and_entry_of_a_guest_are_where_its_layout_loads_it(string? version, uint linked, uint loaded)
    {
        BakedImage image = Bake(Guest(version, linked));

        Assert.Equal(loaded + TestElf.DefaultEntry, image.Config.EntryPoint);
        Assert.Equal("constants"u8, new BakedMemory(image).Read(loaded + 0x1000, 9));
    }

    /// <summary>Sums are taken modulo 2^32, as programs do: a pointer of -1 becomes an address below the base.</summary>
    [Fact]
    public void A_relocation_never_carries_into_the_next_word()
    {
        BakedImage image = Bake(
            Guest(null, linked: 0).WithSegment(DataOffset, Data, [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]).WithRel(DataOffset));

        Assert.Equal([0xFF, 0x0F, 0, 0, 0, 0, 0, 0], new BakedMemory(image).Read(0x1000 + DataOffset, 8));
    }

    private static TestElf Guest(string? version, uint linked)
    {
        TestElf guest = TestElf.I686At(linked).WithType(ElfType.PositionIndependent);
        return version is null ? guest : guest.WithVersionNote(version);
    }

    private static BakedImage Bake(TestElf elf)
    {
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(new() { GuestName = "moved", Guest = elf.Build() }, findings);
        Assert.DoesNotContain(findings, finding => finding.Rule.Severity > FindingSeverity.Information);
        return image!;
    }
}
