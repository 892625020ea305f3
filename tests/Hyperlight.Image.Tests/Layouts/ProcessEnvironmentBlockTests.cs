using System.Runtime.InteropServices;
using System.Text;
using Hyperlight.Layouts;

namespace Hyperlight.Image.Tests.Layouts;

public sealed class ProcessEnvironmentBlockTests
{
    /// <summary>Compares with a block that was recorded from upstream v0.16.0 (amd64 sheet, section 2.6).</summary>
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

    /// <summary>All fields have 64 bits, and the entries of file mappings follow the block (i686 sheet, section 2.2).</summary>
    [Fact]
    public void The_block_of_i686_ends_with_an_empty_list_of_file_mappings() =>
        Assert.Equal(
            [0x4000, 0xFFFB_8000, 0x4000, 0xFFFB_C000, 0, 0x41000, 0x20000, 0x21000, 0, 0x20050],
            Words(GuestLayouts.I686V13));

    /// <summary>Without file mappings the block has 0x40 bytes; the buffers have virtual addresses (i686 sheet, section 2.2).</summary>
    [Fact]
    public void The_block_of_paged_i686_ends_before_the_list_and_has_virtual_addresses() =>
        Assert.Equal(
            [0x4000, 0xFFFB_8000, 0x4000, 0xFFFB_C000, 0, 0x42000, 0x20000, 0x22000],
            Words(GuestLayouts.I686V15));

    /// <summary>The list has 32 entries of 80 bytes from 0x50 on, all in the page of the block (i686 sheet, section 2.2).</summary>
    [Fact]
    public void File_mappings_are_a_count_an_address_and_thirty_two_entries()
    {
        MemoryMap map = MemoryMap.TryCreate(GuestLayouts.I686V13, new(), 0x1F123, null, new List<Finding>())!;
        FileMapping[] mappings = [new(new(0x8000_0000), 0x2000, "ramfs"), new(new(0x4000_0000), 0x1000, new string('é', 31) + "x")];

        byte[] bytes = ProcessEnvironmentBlock.WriteFileMappings(map, mappings);

        Assert.Equal(0xA50, (int)ProcessEnvironmentBlock.FileMappingsOffset + bytes.Length);
        Assert.Equal([2, 0x20050, 0x8000_0000, 0x2000], MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, 32)).ToArray());
        Assert.Equal("ramfs\0"u8, bytes.AsSpan(0x20, 6));
        Assert.Equal([0x4000_0000, 0x1000], MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0x60, 16)).ToArray());
        Assert.Equal([.. Encoding.UTF8.GetBytes(mappings[1].Label), 0], bytes[0x70..0xB0]);
        Assert.All(bytes[0xB0..], value => Assert.Equal(0, value));
    }

    private static ulong[] Words(GuestLayout layout)
    {
        MemoryMap map = MemoryMap.TryCreate(layout, new(), 0x1F123, null, new List<Finding>())!;
        return [.. MemoryMarshal.Cast<byte, ulong>(ProcessEnvironmentBlock.Write(map))];
    }
}
