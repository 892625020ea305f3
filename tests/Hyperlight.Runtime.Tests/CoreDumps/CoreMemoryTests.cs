using System.Buffers.Binary;
using Hyperlight.CoreDumps;
using Hyperlight.Memory;
using Hyperlight.Paging;

namespace Hyperlight.Runtime.Tests.CoreDumps;

/// <summary>Tests the memory of core files when the page tables of the guest are hostile.</summary>
public sealed class CoreMemoryTests : IDisposable
{
    private const ulong Start = 0x10000;
    private const ulong PageSize = 0x1000;
    private const ulong Writable = 3;
    private const long Never = long.MaxValue;

    private readonly MappedMemory _memory = Hypervisor.Chosen.Memory.Allocate(16 * PageSize);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Tables_that_lead_to_themselves_end()
    {
        FillTable(Start, _ => Start | Writable);

        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(Start), maxPages: 100_000, Never);

        Assert.True(core.IsCut);
        Assert.InRange(core.Pages.Count, 1, 100_000);
    }

    [Fact]
    public void A_page_mapped_again_and_again_is_there_once()
    {
        FillTable(Start, _ => (Start + PageSize) | Writable);
        FillTable(Start + PageSize, _ => (Start + (2 * PageSize)) | Writable);
        FillTable(Start + (2 * PageSize), _ => (Start + (3 * PageSize)) | Writable);
        FillTable(Start + (3 * PageSize), _ => Start | Writable);

        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(Start), maxPages: 5000, Never);

        Assert.Equal((1, 65533, true), (core.Pages.Count, core.Segments.Count, core.IsCut));
        Assert.All(core.Segments, segment => Assert.Equal((0, 1), (segment.FirstPage, segment.PageCount)));
    }

    [Fact]
    public void As_many_segments_as_an_elf_file_can_have_are_the_most()
    {
        FillTable(Start, _ => (Start + PageSize) | Writable);
        FillTable(Start + PageSize, _ => (Start + (2 * PageSize)) | Writable);
        FillTable(Start + (2 * PageSize), _ => (Start + (3 * PageSize)) | Writable);
        FillTable(Start + (3 * PageSize), index => Start | (index % 2 == 0 ? 1UL : Writable));

        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(Start), maxPages: 200_000, Never);

        Assert.Equal((65533, true), (core.Segments.Count, core.IsCut));
    }

    [Fact]
    public void Tables_outside_of_memory_map_nothing()
    {
        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(0x7FFF_FFFF_F000), maxPages: 100, Never);

        Assert.Equal((0, 0, false), (core.Segments.Count, core.Pages.Count, core.IsCut));
    }

    [Fact]
    public void Zero_pages_are_one_run_and_no_page()
    {
        FillTable(Start, index => index == 0 ? (Start + PageSize) | Writable : 0);
        FillTable(Start + PageSize, index => index == 0 ? (Start + (2 * PageSize)) | Writable : 0);
        FillTable(Start + (2 * PageSize), index => index == 0 ? (Start + (3 * PageSize)) | Writable : 0);
        FillTable(Start + (3 * PageSize), _ => (Start + (4 * PageSize)) | Writable);

        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(Start), maxPages: 0, Never);

        Assert.Equal((0, false), (core.Pages.Count, core.IsCut));
        Assert.Equal((CoreMemory.Zero, 512), (Assert.Single(core.Segments).FirstPage, core.Segments[0].PageCount));
    }

    [Fact]
    public void Time_ends_a_walk()
    {
        FillTable(Start, _ => Start | Writable);

        CoreMemory core = CoreMemory.Mapped(Physical(), PageTableFormat.FourLevel, new(Start), maxPages: 100_000, deadline: 0);

        Assert.Equal((0, true), (core.Segments.Count, core.IsCut));
    }

    [Fact]
    public void Without_tables_all_ranges_are_there_up_to_the_limit()
    {
        _memory.Slice(0, 16 * (int)PageSize).Fill(1);

        CoreMemory core = CoreMemory.Unmapped(Physical(), [(new(Start), 16 * PageSize)], maxPages: 3, Never);

        Assert.Equal((new CoreSegment(new(Start), (MemoryPermissions)7, 0, 3), true), (Assert.Single(core.Segments), core.IsCut));
    }

    private PhysicalMemory Physical() => new((new(Start), _memory));

    private void FillTable(ulong address, Func<int, ulong> entry)
    {
        Span<byte> table = _memory.Slice(address - Start, (int)PageSize);
        for (int i = 0; i < 512; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table[(i * 8)..], entry(i));
        }
    }
}
