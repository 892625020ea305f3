using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>Tests the physical memory of a guest that is not running.</summary>
[Wine]
public sealed class PhysicalMemoryTests : IDisposable
{
    private const ulong Low = 0x10000;
    private const ulong High = 0x40000;

    private readonly MappedMemory _low = Hypervisor.Chosen.Memory.Allocate(0x2000);
    private readonly MappedMemory _high = Hypervisor.Chosen.Memory.Allocate(0x1000);

    public void Dispose()
    {
        _low.Dispose();
        _high.Dispose();
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(Low - 0x1000, -1)]
    [InlineData(Low, 0)]
    [InlineData(Low + 0x1000, 0)]
    [InlineData(Low + 0x2000, -1)]
    [InlineData(High, 1)]
    [InlineData(High + 0x1000, -1)]
    [InlineData(0x000F_FFFF_FFFF_F000, -1)]
    public void A_page_is_in_the_range_that_has_its_address(ulong address, int range)
    {
        _low.Slice(0x1000, 1)[0] = 1;
        _high.Slice(0, 1)[0] = 2;
        PhysicalMemory memory = new((new(Low), _low), (new(High), _high));
        GuestPhysicalAddress gpa = new(address);

        Assert.Equal(range, memory.RangeAt(gpa));
        Assert.Equal(range >= 0, memory.Contains(gpa));
        Assert.Equal(range >= 0, memory.Overlaps(new(gpa, 0x1000)));
        Assert.Equal(range >= 0 ? 0x1000 : 0, memory.Page(gpa).Length);
        Assert.Equal(address == Low + 0x1000 ? 1 : address == High ? 2 : 0, range >= 0 ? memory.Page(gpa)[0] : 0);
        Assert.Equal(3UL, memory.PageCount);
    }

    [Fact]
    public void A_large_range_overlaps_memory_inside_it()
    {
        PhysicalMemory memory = new((new(Low), _low), (new(High), _high));

        Assert.True(memory.Overlaps(new(new(0), 0x20_0000)));
        Assert.False(memory.Overlaps(new(new(0x20_0000), 0x20_0000)));
    }
}
