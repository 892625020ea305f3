using System.Buffers.Binary;
using System.Security.Cryptography;
using Hyperlight.Paging;

namespace Hyperlight.Image.Tests.Paging;

/// <summary>Compares with golden vector B1 of the i686 sheet, section 2.5: code of 0x2345 bytes and the default sizes.</summary>
public sealed class TwoLevelPageTableTests
{
    private const MemoryPermissions Read = MemoryPermissions.Read;
    private const MemoryPermissions ReadWrite = MemoryPermissions.Read | MemoryPermissions.Write;

    private readonly byte[] _tables = GoldenMappings();

    [Fact]
    public void The_golden_mappings_give_the_golden_bytes()
    {
        Assert.Equal(0x3000, _tables.Length);
        Assert.Equal(
            "a715b6be097e4b663483bc91eaac80576f773d5a320c34e6547b584eca9da72f", Convert.ToHexStringLower(SHA256.HashData(_tables)));
    }

    [Theory]
    [InlineData(0, 0, 0xFEDC_1027)]
    [InlineData(0, 1023, 0xFEDC_2027)]
    [InlineData(1, 0, 0)] // the null guard
    [InlineData(1, 1, 0x0000_1221)]
    [InlineData(1, 3, 0x0000_3221)]
    [InlineData(1, 4, 0x0000_4021)] // the PEB
    [InlineData(1, 5, 0x0000_5221)] // the heap
    [InlineData(1, 0x24, 0x0002_4221)]
    [InlineData(1, 0x25, 0)]
    [InlineData(2, 0x3B8, 0xFEDB_8023)] // scratch
    [InlineData(2, 0x3C0, 0xFEDC_0023)]
    [InlineData(2, 0x3FF, 0xFEDF_F023)]
    public void Each_entry_is_the_golden_one(int page, int index, uint entry) => Assert.Equal(entry, Entry(_tables, page, index));

    [Fact]
    public void A_root_is_a_page_of_its_own_and_the_tables_follow_the_roots()
    {
        PageTableBuilder tables = new(PageTableFormat.TwoLevel, new(0x10000), 0, rootCount: 3);
        tables.Root = 2;
        tables.MapSnapshotPage(new(0x1000), new(0x5000), ReadWrite);

        byte[] built = tables.Build();
        Assert.Equal(4 * 4096, built.Length);
        Assert.Equal((0U, 0U, 0x13027U, 0x5221U), (Entry(built, 0, 0), Entry(built, 1, 0), Entry(built, 2, 0), Entry(built, 3, 1)));
    }

    [Fact]
    public void Roots_that_share_a_table_have_the_same_entry_for_it()
    {
        PageTableBuilder tables = new(PageTableFormat.TwoLevel, new(0x10000), 0, rootCount: 2);
        tables.MapSnapshotPage(new(0x40_0000), new(0x5000), ReadWrite);
        tables.Root = 1;
        tables.Share(owner: 0, new(0x40_0000), level: 0);
        tables.Share(owner: 0, new(0x80_0000), level: 0);

        byte[] built = tables.Build();
        Assert.Equal(3 * 4096, built.Length);
        Assert.Equal((0x12027U, 0x12027U, 0U), (Entry(built, 0, 1), Entry(built, 1, 1), Entry(built, 1, 2)));
    }

    [Fact]
    public void Four_levels_can_share_a_table_of_each_level()
    {
        PageTableBuilder tables = new(PageTableFormat.FourLevel, new(0x10000), 0, rootCount: 3);
        tables.Map(new(0x1000), new(0x5000), PageTableEntry.User);
        tables.Root = 1;
        tables.Share(owner: 0, new(0), level: 0);
        tables.Root = 2;
        tables.Share(owner: 0, new(0), level: 2);

        byte[] built = tables.Build();
        ulong At(int page, int index) => BinaryPrimitives.ReadUInt64LittleEndian(built.AsSpan((page * 4096) + (index * 8)));
        Assert.Equal(8 * 4096, built.Length);
        Assert.Equal((0x13027UL, 0x13027UL), (At(0, 0), At(1, 0)));
        Assert.Equal((0x16027UL, 0x17027UL, 0x15027UL, 0x15027UL), (At(2, 0), At(6, 0), At(7, 0), At(4, 0)));
    }

    private static uint Entry(byte[] tables, int page, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan((page * 4096) + (index * 4)));

    private static byte[] GoldenMappings()
    {
        PageTableBuilder tables = new(PageTableFormat.TwoLevel, new(0xFEDC_0000), 0);
        for (ulong page = 0x1000; page < 0x25000; page += 0x1000)
        {
            tables.MapSnapshotPage(new(page), new(page), page == 0x4000 ? Read : ReadWrite);
        }

        for (ulong offset = 0; offset < 0x48000; offset += 0x1000)
        {
            tables.MapScratchPage(new(0xFFFB_8000 + offset), new(0xFEDB_8000 + offset), ReadWrite);
        }

        return tables.Build();
    }
}
