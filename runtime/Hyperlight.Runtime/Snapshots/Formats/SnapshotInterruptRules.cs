using System.Buffers.Binary;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Checks the state of a waiting guest's interrupt controllers. KVM accepts any bytes, so a state that no guest can reach is refused here:
/// values that no register takes, and a local APIC that is on or whose own timer runs, because the end of a call does not stop that timer.
/// </summary>
internal static class SnapshotInterruptRules
{
    /// <summary>The fault of a processor that has been handed an interrupt and has not taken the interrupt yet.</summary>
    public const string WaitingInterrupt = "an interrupt waits in its processor, and between calls no interrupt may wait";

    // struct kvm_pic_state (Linux, asm/kvm.h), and the greatest values of its fields (arch/x86/kvm/i8259.c).
    private const int PicPriority = 4;
    private const int PicBase = 5;
    private const int PicStep = 9;
    private const int PicEdges = 14;
    private const int PicEdgesMask = 15;
    private const byte MasterEdges = 0xF8; // lines 0 to 2 are always edges
    private const byte SlaveEdges = 0xDE; // lines 8 and 13 as well
    private const byte LastLine = 7;
    private const byte LastStep = 3;
    private static readonly int[] PicFlags = [6, 7, 8, 10, 11, 12, 13];

    // struct kvm_ioapic_state (arch/x86/kvm/ioapic.c). The guest may write any value to the table behind these fields.
    private const int IoApicSelect = 8;
    private const int IoApicId = 12;
    private const int IoApicWaiting = 16;
    private const int IoApicPadding = 20;
    private const uint LastIoApicId = 15;
    private const int IoApicLines = 24;

    // The initial count of the local APIC's timer, which runs while it is not 0 (Intel SDM volume 3, section 12.5.4).
    private const int TimerCount = 0x380;

    /// <summary>
    /// Finds the first rule that the controllers break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="interrupts">The controllers.</param>
    /// <param name="layout">The layout of the guest.</param>
    public static string? FindFault(SnapshotInterrupts interrupts, GuestLayout layout)
    {
        if (interrupts.MasterPic.Length != SnapshotInterrupts.PicSize || interrupts.SlavePic.Length != SnapshotInterrupts.PicSize
            || interrupts.IoApic.Length != SnapshotInterrupts.IoApicSize || interrupts.LocalApic.Length != SnapshotInterrupts.LocalApicSize)
        {
            return $"its interrupt controllers have {interrupts.MasterPic.Length}, {interrupts.SlavePic.Length}, "
                + $"{interrupts.IoApic.Length} and {interrupts.LocalApic.Length} bytes, "
                + $"they take {SnapshotInterrupts.PicSize}, {SnapshotInterrupts.PicSize}, {SnapshotInterrupts.IoApicSize} and "
                + $"{SnapshotInterrupts.LocalApicSize}";
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(interrupts.LocalApic.AsSpan(TimerCount));
        return !IsPic(interrupts.MasterPic, MasterEdges)
            ? $"its first PIC has a state that no PIC can have ({Convert.ToHexString(interrupts.MasterPic)})"
            : !IsPic(interrupts.SlavePic, SlaveEdges)
            ? $"its second PIC has a state that no PIC can have ({Convert.ToHexString(interrupts.SlavePic)})"
            : !IsIoApic(interrupts.IoApic)
            ? $"its IOAPIC has a state that no IOAPIC can have "
                + $"({Convert.ToHexString(interrupts.IoApic.AsSpan(0, IoApicPadding + sizeof(uint)))})"
            : count != 0
            ? $"its local APIC counts down from 0x{count:X}, and the end of a call stops only the timer of port 107"
            : SnapshotRegisterRules.FindApicBaseFault(interrupts.ApicBase, layout) ?? FindLocalApicFault(interrupts.ApicBase);
    }

    /// <summary>
    /// Finds the rule that an APIC base register breaks. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    public static string? FindLocalApicFault(ulong apicBase) => (apicBase & SnapshotRegisterRules.LocalApicEnabled) != 0
        ? $"its local APIC is on (APIC base 0x{apicBase:X}), and the end of a call would not stop its timer"
        : null;

    private static bool IsPic(ReadOnlySpan<byte> pic, byte edges)
    {
        foreach (int flag in PicFlags)
        {
            if (pic[flag] > 1)
            {
                return false;
            }
        }

        return pic[PicPriority] <= LastLine && (pic[PicBase] & LastLine) == 0 && pic[PicStep] <= LastStep && pic[PicEdgesMask] == edges
            && (pic[PicEdges] & ~edges) == 0;
    }

    private static bool IsIoApic(ReadOnlySpan<byte> ioApic) =>
        BinaryPrimitives.ReadUInt64LittleEndian(ioApic) == GuestLayouts.IoApic.Addresses.Start.Value
        && BinaryPrimitives.ReadUInt32LittleEndian(ioApic[IoApicSelect..]) <= byte.MaxValue
        && BinaryPrimitives.ReadUInt32LittleEndian(ioApic[IoApicId..]) <= LastIoApicId
        && BinaryPrimitives.ReadUInt32LittleEndian(ioApic[IoApicWaiting..]) >> IoApicLines == 0
        && BinaryPrimitives.ReadUInt32LittleEndian(ioApic[IoApicPadding..]) == 0;
}
