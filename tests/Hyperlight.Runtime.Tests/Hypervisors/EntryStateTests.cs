using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests each register of the processor at the first instruction (i686 sheet, section 3.1).</summary>
[Wine]
public class EntryStateTests
{
    /// <summary>Profile A. ES, FS, GS and SS are like DS, as the sheet recommends.</summary>
    [Fact]
    public void Real_mode_starts_with_16_bit_segments_at_0_and_nothing_else()
    {
        SpecialRegisters state = EntryState.For(EntryMode.RealMode, default);

        Assert.Equal(new Segment { Limit = 0xFFFF, Type = 11, Present = 1, S = 1 }, state.Cs);
        Assert.All(
            [state.Ds, state.Es, state.Fs, state.Gs, state.Ss],
            data => Assert.Equal(new() { Limit = 0xFFFF, Type = 3, Present = 1, S = 1 }, data));
        AssertTheRest(state, cr0: 0);
    }

    /// <summary>
    /// Profile B, and the flat layout, which is profile B without paging. Segment types 11 and 3 have the accessed bit set, so that the
    /// processor need not write it.
    /// </summary>
    [Theory]
    [InlineData(nameof(EntryMode.ProtectedMode), 0x11, 0)]
    [InlineData(nameof(EntryMode.PagedProtectedMode), 0x8001_0011, 0xFEDC_0000)]
    public void Protected_mode_starts_with_flat_accessed_segments_and_nothing_else(string modeName, ulong cr0, ulong cr3)
    {
        EntryMode mode = Enum.Parse<EntryMode>(modeName);
        SpecialRegisters state = EntryState.For(mode, new(0xFEDC_0000));

        Segment flat = new() { Limit = 0xFFFF_FFFF, Present = 1, S = 1, Db = 1, G = 1 };
        Assert.Equal(flat with { Selector = 0x08, Type = 11 }, state.Cs);
        Assert.All([state.Ds, state.Es, state.Fs, state.Gs, state.Ss], data => Assert.Equal(flat with { Selector = 0x10, Type = 3 }, data));
        AssertTheRest(state, cr0, cr3);
    }

    private static void AssertTheRest(SpecialRegisters state, ulong cr0, ulong cr3 = 0)
    {
        Assert.Equal(new Segment { Limit = 0xFFFF, Type = 11, Present = 1 }, state.Tr);
        Assert.Equal(default, state.Ldt);
        Assert.Equal((default, default), (state.Gdt, state.Idt));
        Assert.Equal((cr0, 0UL, cr3, 0UL, 0UL), (state.Cr0, state.Cr2, state.Cr3, state.Cr4, state.Cr8));
        Assert.Equal(0UL, state.Efer);
    }
}
