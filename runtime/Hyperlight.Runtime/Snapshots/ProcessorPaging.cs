using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots;

/// <summary>Tells from a processor's registers what page tables it uses (Intel SDM volume 3, section 5.1.1).</summary>
internal static class ProcessorPaging
{
    private const ulong Cr0Paging = 1UL << 31;
    private const ulong Cr4LargePages = 1 << 4;
    private const ulong Cr4PhysicalAddressExtension = 1 << 5;
    private const ulong Cr4FiveLevels = 1 << 12;
    private const ulong EferLongModeActive = 1 << 10;

    /// <summary>The tables that CR3 leads to; null without paging, and where no layout's guest has such tables.</summary>
    public static PageTableFormat? Of(in KvmSpecialRegisters registers)
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
