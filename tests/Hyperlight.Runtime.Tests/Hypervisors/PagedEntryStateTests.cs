using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors;

public class PagedEntryStateTests
{
    /// <summary>i686 sheet, section 3.1, profile B.</summary>
    [Fact]
    public void A_paged_32_bit_guest_starts_with_the_registers_of_the_sheet()
    {
        KvmSpecialRegisters registers = EntryState.For(EntryMode.PagedProtectedMode, new(0xFEDC_0000));

        Assert.Equal((0x8001_0011UL, 0xFEDC_0000UL, 0UL, 0UL), (registers.Cr0, registers.Cr3, registers.Cr4, registers.Efer));
        AssertSegment(0x08, 11, registers.Cs);
        Assert.All([registers.Ds, registers.Es, registers.Fs, registers.Gs, registers.Ss], segment => AssertSegment(0x10, 3, segment));
        Assert.Equal((0UL, 0xFFFFU, 11, 1, 0), (registers.Tr.Base, registers.Tr.Limit, registers.Tr.Type, registers.Tr.Present, registers.Tr.S));
        Assert.Equal((0, 0), (registers.Gdt.Limit, registers.Idt.Limit));
    }

    private static void AssertSegment(ushort selector, byte type, KvmSegment segment)
    {
        Assert.Equal((selector, 0UL, 0xFFFF_FFFFU, type), (segment.Selector, segment.Base, segment.Limit, segment.Type));
        Assert.Equal((1, 1, 1, 1, 0, 0), (segment.Present, segment.S, segment.Db, segment.G, segment.Dpl, segment.L));
    }
}
