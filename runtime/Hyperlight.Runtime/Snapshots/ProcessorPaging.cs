using Hyperlight.Hypervisors;
using Hyperlight.Paging;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.Snapshots;

/// <summary>Derives the format of page tables from the registers of a processor (Intel SDM volume 3, section 5.1.1).</summary>
internal static class ProcessorPaging
{
    /// <summary>Gets the format of the page tables, or <c>null</c> without paging or for a format that no layout has.</summary>
    public static PageTableFormat? Of(in SpecialRegisters registers)
    {
        ulong extension = registers.Cr4 & (Cr4PhysicalAddressExtension | Cr4FiveLevels);
        bool isLongMode = (registers.Efer & EferLongModeActive) != 0;
        return (registers.Cr0 & Cr0Paging) == 0 ? null
            : isLongMode && extension == Cr4PhysicalAddressExtension ? PageTableFormat.FourLevel
            : isLongMode || extension != 0 ? null
            : (registers.Cr4 & Cr4LargePages) != 0 ? PageTableFormat.TwoLevelWithLargePages
            : PageTableFormat.TwoLevel;
    }
}
