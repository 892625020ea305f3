using System.Buffers.Binary;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Image.Tests.Paging;

/// <summary>Tests walks over page tables that only a hostile guest writes (amd64 sheet, sections 3.1 and 6.3).</summary>
public sealed class PageTableWalkerTests
{
    // The memory of the guest: pages 0x10 to 0x1F are for data, 0x40 to 0x7F for tables. The root is the first page for tables.
    private const ulong Data = 0x10000;
    private const ulong Root = 0x40000;
    private const int TablePages = 64;
    private const ulong Table = Present | Writable | Accessed;
    private const ulong Page = Present | Accessed | Dirty;
    private static readonly GuestVirtualAddress Limit = new(0xFFFF_FFFF_FFFB_7000);

    private readonly byte[] _data = new byte[0x10000];
    private readonly byte[] _tables = new byte[TablePages * 4096];
    private int _used = 1;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(NoExecute, NoExecute)]
    [InlineData(CopyOnWrite, CopyOnWrite)]
    [InlineData(CopyOnWrite | NoExecute, CopyOnWrite | NoExecute)]
    [InlineData(Writable, CopyOnWrite)]
    [InlineData(Writable | NoExecute, CopyOnWrite | NoExecute)]
    [InlineData(Writable | User, CopyOnWrite)] // The tables above forbid writes.
    [InlineData(0x400UL, 0)]
    [InlineData(0xE00UL, 0)]
    [InlineData(1UL << 8 | 1UL << 3 | 1UL << 4, 0)] // The bits are global, write-through and cache-disable, which no snapshot keeps.
    public void What_a_page_allows_becomes_what_a_snapshots_page_allows(ulong bits, ulong expected)
    {
        Map(0x1000, Data, Page | bits);

        Assert.Equal([new(new(0x1000), new(Data), expected)], Walk());
    }

    [Fact]
    public void Every_level_can_forbid()
    {
        Map(0x1000, Data, Page | Writable | User);
        Assert.Equal(CopyOnWrite, Assert.Single(Walk()).Bits);

        Write(Root, 0, Read(Root, 0) | NoExecute);
        Assert.Equal(CopyOnWrite | NoExecute, Assert.Single(Walk()).Bits);

        Write(Root + 0x1000, 0, Read(Root + 0x1000, 0) & ~Writable);
        Assert.Equal(NoExecute, Assert.Single(Walk()).Bits);

        for (ulong table = Root; table < Root + 0x3000; table += 0x1000)
        {
            Write(table, 0, Read(table, 0) | User);
        }

        Assert.Equal(NoExecute | User, Assert.Single(Walk()).Bits);
    }

    [Fact]
    public void Pages_come_in_ascending_order_the_upper_half_with_its_high_bits()
    {
        ulong[] addresses = [0xFFFF_FF00_0000_0000 - 0x1000, 0x1000, 0x7FFF_FFFF_F000, 0xFFFF_8100_0000_0000, 0x20_0000, 0x2000];
        foreach (ulong address in addresses)
        {
            Map(address, Data, Page);
        }

        Assert.Equal(addresses.Order(), Walk().Select(leaf => leaf.Gva.Value));
    }

    [Fact]
    public void Scratch_and_the_reserved_addresses_are_left_out()
    {
        foreach (ulong address in (ulong[])[
            Limit.Value, 0xFFFF_FFFF_FFFF_F000, 0xFFFF_8000_0000_0000, 0xFFFF_80FF_FFFF_F000, Limit.Value - 0x1000, 0x7FFF_FFFF_F000])
        {
            Map(address, Data, Page);
        }

        Assert.Equal([0x7FFF_FFFF_F000, Limit.Value - 0x1000], Walk().Select(leaf => leaf.Gva.Value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xF000)]
    [InlineData(0x20000)]
    [InlineData(0x80000)]
    [InlineData(0x000F_FFFF_FFFF_F000)]
    public void An_entry_that_leads_out_of_memory_counts_as_absent_on_every_level(ulong nowhere)
    {
        Map(0x1000, Data, Page);
        Map(0x2000, nowhere, Page);
        Write(Root + 0x2000, 1, nowhere | Table);
        Write(Root + 0x1000, 1, nowhere | Table);
        Write(Root, 1, nowhere | Table);
        Write(Root + 0x2000, 2, nowhere & ~0x1F_FFFFUL | Table | Large);

        Assert.Equal(0x1000UL, Assert.Single(Walk(), leaf => leaf.Gva.Value < 0x40_0000).Gva.Value);
        Assert.Empty(new List<PageLeaf>(Collect(new(nowhere))));
    }

    [Fact]
    public void A_large_page_is_as_many_small_ones_as_there_is_memory_for()
    {
        // The 2 MiB from 0 on, of which only pages 0x10 to 0x1F and 0x40 to 0x7F exist; at 1 GiB the whole GiB from 0 on.
        Map(0x1000, Data, Page);
        Write(Root + 0x2000, 1, 0 | Table | Large | NoExecute);
        Write(Root + 0x1000, 1, 0 | Present | Large);

        PageLeaf[] leaves = Walk();

        Assert.Equal(1 + 80 + 80, leaves.Length);
        Assert.Equal(new(new(0x21_0000), new(0x10000), CopyOnWrite | NoExecute), leaves[1]);
        Assert.Equal(new(new(0x4000_0000 + 0x7F000), new(0x7F000), 0), leaves[^1]);
    }

    [Fact]
    public void Large_pages_without_memory_cost_nothing()
    {
        // 512 GiB from 1 GiB on, and the GiB at 1 GiB also in pages of 2 MiB.
        Map(0x1000, Data, Page);
        Write(Root + 0x1000, 1, (Root + 0x4000) | Table);
        Write(Root, 1, (Root + 0x5000) | Table);
        for (int i = 0; i < 512; i++)
        {
            Write(Root + 0x4000, i, ((ulong)i << 21) + 0x4000_0000 | Table | Large);
            Write(Root + 0x5000, i, ((ulong)i << 30) + 0x4000_0000 | Table | Large);
        }

        Assert.Single(Walk());
    }

    [Fact]
    public void A_large_page_in_the_root_is_no_page()
    {
        Write(Root, 0, Data | Table | Large);

        Assert.Empty(Walk());
    }

    [Fact]
    public void A_page_that_is_mapped_twice_comes_twice()
    {
        Map(0x1000, Data, Page);
        Map(0x5000, Data, Page | NoExecute);

        Assert.Equal([Data, Data], Walk().Select(leaf => leaf.Gpa.Value));
    }

    [Fact]
    public void A_view_of_the_tables_themselves_ends()
    {
        Map(0x1000, Data, Page);
        Write(Root, 100, Root | Table);

        // The walk shows each of the four tables once. On higher levels it shows the page as if the page were a table.
        Assert.Contains(Walk(), leaf => leaf.Gpa.Value == Root && leaf.Gva.Value > 0x1000);
    }

    [Fact]
    public void Tables_that_lead_to_themselves_everywhere_end_the_walk()
    {
        for (int i = 0; i < 512; i++)
        {
            Write(Root, i, Root | Table);
        }

        Assert.Contains("lead to more than", Assert.Throws<EndlessPageTablesException>(Walk).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_that_share_empty_tables_end_the_walk()
    {
        // There are 512 × 512 × 512 ways to an empty table.
        for (ulong level = 0; level < 3; level++)
        {
            for (int i = 0; i < 512; i++)
            {
                Write(Root + (level * 0x1000), i, (Root + ((level + 1) * 0x1000)) | Table);
            }
        }

        Assert.Throws<EndlessPageTablesException>(Walk);
    }

    [Fact]
    public void Large_pages_everywhere_end_the_walk()
    {
        Write(Root, 0, (Root + 0x1000) | Table);
        for (int i = 1; i < 256; i++)
        {
            Write(Root, i, (Root + 0x1000) | Table);
        }

        for (int i = 0; i < 512; i++)
        {
            Write(Root + 0x1000, i, 0 | Table | Large);
        }

        Assert.Throws<EndlessPageTablesException>(Walk);
    }

    [Fact]
    public void Random_tables_end()
    {
        Random random = new(1234);
        Span<byte> all = _tables;
        for (int round = 0; round < 10; round++)
        {
            random.NextBytes(all);
            for (int i = 0; i < all.Length; i += 8)
            {
                // Many entries point into memory, so that the walk finds tables.
                ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(all[i..]);
                BinaryPrimitives.WriteUInt64LittleEndian(all[i..], random.Next(3) == 0 ? entry : entry & (NoExecute | 0xFFF | 0x7F000));
            }

            try
            {
                Assert.All(Walk(), leaf => Assert.True(leaf.Gva.Value < Limit.Value));
            }
            catch (EndlessPageTablesException)
            {
            }
        }
    }

    [Fact]
    public void One_address_is_found_as_the_processor_finds_it()
    {
        Map(0x1000, Data, Page);
        Map(0xFFFF_8000_0000_2000, Data + 0x3000, Page);
        Write(Root + 0x2000, 1, 0 | Table | Large | NoExecute); // the 2 MiB at 2 MiB
        Write(Root + 0x1000, 1, 0 | Present | Large); // the GiB at 1 GiB

        Assert.Equal(Data + 0x123, Find(0x1123));
        Assert.Equal(Data + 0x3FFF, Find(0xFFFF_8000_0000_2FFF));
        Assert.Equal(0x1_2345UL, Find(0x21_2345));
        Assert.Equal(0x1234_5678UL, Find(0x4000_0000 + 0x1234_5678));
        Assert.All([0x3000UL, 0x0000_8000_0000_2000UL, 0x1_0000_0000_1000UL, ulong.MaxValue], gva => Assert.Null(Find(gva)));
    }

    [Fact]
    public void Finding_one_address_ends_in_tables_that_lead_to_themselves()
    {
        Random random = new(4321);
        random.NextBytes(_tables);
        for (int i = 0; i < 512; i++)
        {
            Write(Root, i, Root | Table);
        }

        Assert.Equal(Root + 7, Find(7));
    }

    [Fact]
    public void A_table_at_addresses_that_are_left_out_is_not_taken()
    {
        ulong[] addresses = [0x1000, 0xFFFF_8000_0000_0000, 0xFFFF_80FF_FFFF_F000, 0xFFFF_8100_0000_0000, 0xFFFF_FFFF_FFE0_0000];
        foreach (ulong gva in addresses)
        {
            Map(gva, Data, Page);
        }

        List<GuestVirtualAddress> taken = [];
        new PageTableWalker(PageTableFormat.FourLevel, new TestPages((Data, _data), (Root, _tables)), Limit).Walk(
            new(Root),
            _ => true,
            (gva, _, _) =>
            {
                taken.Add(gva);
                return true;
            },
            leaf => Assert.Equal(addresses[^1], leaf.Gva.Value));

        Assert.Equal([new(0), new(0xFFFF_8100_0000_0000)], taken);
    }

    private PageLeaf[] Walk() => [.. Collect(new(Root))];

    private List<PageLeaf> Collect(GuestPhysicalAddress root)
    {
        List<PageLeaf> leaves = [];
        new PageTableWalker(PageTableFormat.FourLevel, new TestPages((Data, _data), (Root, _tables)), Limit).Walk(root, leaves.Add);
        return leaves;
    }

    private ulong? Find(ulong gva) => new PageTableWalker(
        PageTableFormat.FourLevel, new TestPages((Data, _data), (Root, _tables)), Limit).Find(new(Root), new(gva))?.Value;

    private void Map(ulong gva, ulong gpa, ulong bits)
    {
        ulong table = Root;
        for (int shift = 39; shift > 12; shift -= 9)
        {
            int index = (int)(gva >> shift) & 511;
            if (Read(table, index) == 0)
            {
                Write(table, index, (Root + ((ulong)_used++ * 0x1000)) | Table);
            }

            table = Read(table, index) & PageTableFormat.FourLevel.AddressMask;
        }

        Write(table, (int)(gva >> 12) & 511, gpa | bits);
    }

    private ulong Read(ulong table, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(_tables.AsSpan((int)(table - Root) + (index * 8), 8));

    private void Write(ulong table, int index, ulong entry) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_tables.AsSpan((int)(table - Root) + (index * 8), 8), entry);
}
