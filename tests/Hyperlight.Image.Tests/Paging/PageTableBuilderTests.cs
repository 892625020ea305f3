using System.Buffers.Binary;
using System.Security.Cryptography;
using Hyperlight.Paging;

namespace Hyperlight.Image.Tests.Paging;

/// <summary>
/// Compares with tables that were recorded from upstream v0.16.0's loader: default sizes, one segment of 0x1F123 bytes at 0.
/// </summary>
public sealed class PageTableBuilderTests
{
    private const MemoryPermissions Read = MemoryPermissions.Read;
    private const MemoryPermissions ReadWrite = MemoryPermissions.Read | MemoryPermissions.Write;
    private const MemoryPermissions All = ReadWrite | MemoryPermissions.Execute;

    private readonly byte[] _tables = UpstreamsDefaultMappings(0x7000);

    [Fact]
    public void Upstreams_mappings_give_upstreams_bytes() =>
        Assert.Equal(
            "f32feaa750f14cc79d6f97eed550143645b60dc1aad8066e06348abfa9442c4a", Convert.ToHexStringLower(SHA256.HashData(_tables)));

    [Theory]
    [InlineData(0, 0, 0xFFFFC1023)]
    [InlineData(0, 511, 0xFFFFC4023)]
    [InlineData(1, 0, 0xFFFFC2023)]
    [InlineData(2, 0, 0xFFFFC3023)]
    [InlineData(3, 0, 0)] // the null guard
    [InlineData(3, 1, 0x1261)]
    [InlineData(3, 32, 0x20261)]
    [InlineData(3, 33, 0x8000000000021061)] // the PEB
    [InlineData(3, 34, 0x8000000000022261)] // the heap
    [InlineData(3, 65, 0x8000000000041261)]
    [InlineData(3, 66, 0)]
    [InlineData(4, 511, 0xFFFFC5023)]
    [InlineData(5, 511, 0xFFFFC6023)]
    [InlineData(6, 439, 0x8000000FFFFB8063)] // scratch
    [InlineData(6, 510, 0x8000000FFFFFF063)]
    [InlineData(6, 511, 0)] // The topmost page is not mapped.
    public void Each_entry_is_the_recorded_one(int page, int index, ulong entry) =>
        Assert.Equal(entry, BinaryPrimitives.ReadUInt64LittleEndian(_tables.AsSpan((page * 4096) + (index * 8))));

    [Fact]
    public void Code_that_is_not_writable_is_mapped_without_copy_on_write()
    {
        PageTableBuilder tables = new(PageTableFormat.FourLevel, new(0x10000), 4 * 4096);
        tables.MapSnapshotPage(new(0x1000), new(0x5000), Read | MemoryPermissions.Execute);

        Assert.Equal(0x5061UL, BinaryPrimitives.ReadUInt64LittleEndian(tables.Build().AsSpan((3 * 4096) + 8))); // amd64 sheet, section 3.1
    }

    [Fact]
    public void Tables_take_as_much_as_the_mappings_need_whatever_was_expected() =>
        Assert.All([0, 4096, 1 << 20], expected => Assert.Equal(_tables, UpstreamsDefaultMappings(expected)));

    [Fact]
    public void A_page_for_programs_is_reachable_through_every_level()
    {
        PageTableBuilder tables = new(PageTableFormat.FourLevel, new(0x10000), 0);
        tables.Map(new(0x1000), new(0x5000), PageTableEntry.CopyOnWrite);
        tables.Map(new(0x2000), new(0x6000), PageTableEntry.User);

        byte[] built = tables.Build();
        Assert.All([(0x11027UL, 0), (0x12027UL, 1), (0x13027UL, 2)], table => Assert.Equal(
            table.Item1, BinaryPrimitives.ReadUInt64LittleEndian(built.AsSpan(table.Item2 * 4096))));
        Assert.Equal((0x5261UL, 0x6065UL), (
            BinaryPrimitives.ReadUInt64LittleEndian(built.AsSpan((3 * 4096) + 8)),
            BinaryPrimitives.ReadUInt64LittleEndian(built.AsSpan((3 * 4096) + 16))));
    }

    private static byte[] UpstreamsDefaultMappings(int expectedSize)
    {
        PageTableBuilder tables = new(PageTableFormat.FourLevel, new(0xF_FFFC_0000), expectedSize);
        for (ulong page = 0x1000; page < 0x42000; page += 0x1000)
        {
            tables.MapSnapshotPage(new(page), new(page), page < 0x21000 ? All : page == 0x21000 ? Read : ReadWrite);
        }

        for (ulong offset = 0; offset < 0x48000; offset += 0x1000)
        {
            tables.MapScratchPage(new(0xFFFF_FFFF_FFFB_7000 + offset), new(0xF_FFFB_8000 + offset), ReadWrite);
        }

        return tables.Build();
    }
}
