using System.Runtime.InteropServices;
using Hyperlight.Baking;
using Hyperlight.Layouts;

namespace Hyperlight.Image.Tests.Baking;

public sealed class ProcessEnvironmentBlockTests
{
    /// <summary>amd64 sheet, section 2.6; recorded from upstream v0.16.0.</summary>
    [Fact]
    public void The_worked_example_of_amd64_has_the_recorded_words() =>
        Assert.Equal(
            [0x4000, 0xFFFF_FFFF_FFFB_7000, 0x4000, 0xFFFF_FFFF_FFFB_B000, 0, 0x42000, 0x20000, 0x22000],
            Words(GuestLayouts.Amd64V16));

    [Fact]
    public void The_layout_after_0_16_has_the_same_words_for_its_base() =>
        Assert.Equal(
            [0x4000, 0xFFFF_FFFF_FFFB_7000, 0x4000, 0xFFFF_FFFF_FFFB_B000, 0, 0x45000, 0x20000, 0x25000],
            Words(GuestLayouts.Amd64V17));

    /// <summary>i686 sheet, section 2.2: all fields are 64 bits wide, and the entries of file mappings follow the block.</summary>
    [Fact]
    public void The_block_of_i686_ends_with_an_empty_list_of_file_mappings() =>
        Assert.Equal(
            [0x4000, 0xFFFB_8000, 0x4000, 0xFFFB_C000, 0, 0x41000, 0x20000, 0x21000, 0, 0x20050],
            Words(GuestLayouts.I686V13));

    private static ulong[] Words(GuestLayout layout)
    {
        MemoryMap map = MemoryMap.TryCreate(layout, new(), 0x1F123, null, new List<Finding>())!;
        return [.. MemoryMarshal.Cast<byte, ulong>(ProcessEnvironmentBlock.Write(map))];
    }
}
