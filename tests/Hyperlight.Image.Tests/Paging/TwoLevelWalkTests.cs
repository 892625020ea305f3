using System.Buffers.Binary;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Image.Tests.Paging;

/// <summary>
/// Tests walks over 2-level page tables, also over tables that only a hostile guest writes (i686 sheet, sections 2.5 and 7).
/// </summary>
public sealed class TwoLevelWalkTests
{
    // The memory has 16 pages: the root, tables, then data.
    private const ulong Root = 0x10000;
    private const ulong FirstTable = 0x11000;
    private const ulong Data = 0x18000;
    private const uint Table = 0x27; // present, writable, user, accessed
    private const uint Page = 0x21; // present, accessed
    private static readonly GuestVirtualAddress Limit = new(0xFFFB_8000);

    private readonly byte[] _memory = new byte[0x10000];

    [Theory]
    [InlineData(0x000U, 0UL)]
    [InlineData(0x002U, CopyOnWrite)] // writable
    [InlineData(0x200U, CopyOnWrite)]
    [InlineData(0x202U, CopyOnWrite)]
    [InlineData(0x004U, User)]
    [InlineData(0x400U, 0UL)]
    [InlineData(0x600U, 0UL)] // The page is copy-on-write only if the other software bits are clear.
    [InlineData(0x158U, 0UL)] // The bits are write-through, cache-disable, dirty and global, which no snapshot keeps.
    public void What_a_page_allows_becomes_what_a_snapshots_page_allows(uint bits, ulong expected)
    {
        Write(Root, 0, (uint)FirstTable | Table);
        Write(FirstTable, 1, (uint)Data | Page | bits);

        Assert.Equal([new(new(0x1000), new(Data), expected)], Walk());
    }

    [Fact]
    public void The_last_page_below_scratch_is_found_and_none_of_scratch()
    {
        Write(Root, 1023, (uint)FirstTable | Table);
        Write(FirstTable, 0x3B7, (uint)Data | Page);
        Write(FirstTable, 0x3B8, (uint)Data | Page);

        Assert.Equal([0xFFFB_7000UL], Walk().Select(leaf => leaf.Gva.Value));
    }

    [Fact]
    public void An_entry_that_leads_out_of_memory_is_absent()
    {
        Write(Root, 0, 0x7000_0000 | Table);
        Write(Root, 1, (uint)FirstTable | Table);
        Write(FirstTable, 0, 0x7000_0000 | Page);

        Assert.Empty(Walk());
    }

    [Fact]
    public void Bit_7_leads_to_a_table_unless_the_guest_has_turned_large_pages_on()
    {
        Write(Root, 1, (uint)FirstTable | Table | (uint)Large);
        Write(FirstTable, 2, (uint)Data | Page);

        Assert.Equal([new(new(0x40_2000), new(Data), 0)], Walk());
        Assert.Equal(16, Walk(PageTableFormat.TwoLevelWithLargePages).Length);
    }

    [Fact]
    public void A_large_page_is_found_page_by_page_as_far_as_there_is_memory()
    {
        Write(Root, 1, Table | (uint)Large);

        PageLeaf[] leaves = Walk(PageTableFormat.TwoLevelWithLargePages);

        Assert.Equal(Enumerable.Range(0, 16).Select(
            i => new PageLeaf(new(0x41_0000 + ((ulong)i * 0x1000)), new(Root + ((ulong)i * 0x1000)), CopyOnWrite | User)), leaves);
    }

    [Fact]
    public void A_root_that_is_its_own_table_shows_the_tables_as_pages()
    {
        Write(Root, 1, (uint)Root | Table);
        Write(Root, 2, (uint)FirstTable | Table);

        Assert.Equal([0x40_1000UL, 0x40_2000UL], Walk().Select(leaf => leaf.Gva.Value));
    }

    [Fact]
    public void A_table_is_left_out_when_the_walk_is_told_so()
    {
        Write(Root, 1, (uint)FirstTable | Table);
        Write(FirstTable, 0, (uint)Data | Page);
        List<TableLink> links = [];

        NewWalker(PageTableFormat.TwoLevel).Walk(
            new(Root),
            link =>
            {
                links.Add(link);
                return false;
            },
            _ => Assert.Fail("A page is in no other table."));

        Assert.Equal([new(new(FirstTable), new(0x40_0000), 0, Writable | User)], links);
    }

    [Fact]
    public void A_table_is_taken_whole_unless_the_walk_leaves_out_a_part_of_it()
    {
        Write(Root, 1, (uint)FirstTable | Table);
        Write(Root, 2, (uint)FirstTable | Page);
        Write(Root, 1023, (uint)FirstTable | Table);
        Write(FirstTable, 3, (uint)Data | Page);
        List<(GuestVirtualAddress, ulong)> taken = [];
        List<GuestVirtualAddress> found = [];

        NewWalker(PageTableFormat.TwoLevel).Walk(
            new(Root),
            _ => true,
            (gva, table, inherited) =>
            {
                Assert.Equal(_memory.AsSpan((int)(FirstTable - Root), 4096), table);
                taken.Add((gva, inherited));
                return gva.Value == 0x40_0000;
            },
            leaf => found.Add(leaf.Gva));

        Assert.Equal([(new(0x40_0000), Writable | User), (new(0x80_0000), 0)], taken);
        Assert.Equal([new(0x80_3000), new(0xFFC0_3000)], found);
    }

    private PageLeaf[] Walk(PageTableFormat? format = null)
    {
        List<PageLeaf> leaves = [];
        NewWalker(format ?? PageTableFormat.TwoLevel).Walk(new(Root), leaves.Add);
        return [.. leaves];
    }

    private PageTableWalker NewWalker(PageTableFormat format) => new(format, new TestPages((Root, _memory)), Limit);

    private void Write(ulong table, int index, uint entry) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_memory.AsSpan((int)(table - Root) + (index * 4), 4), entry);
}
