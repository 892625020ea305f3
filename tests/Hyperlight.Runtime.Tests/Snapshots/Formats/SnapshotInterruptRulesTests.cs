using Hyperlight.Layouts;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Tests the states that interrupt controllers can have (Linux, asm/kvm.h and arch/x86/kvm) and forged states.</summary>
public sealed class SnapshotInterruptRulesTests
{
    [Fact]
    public void What_controllers_hold_is_no_fault() =>
        Assert.Null(SnapshotInterruptRules.FindFault(TestSdkSnapshots.Interrupts, GuestLayouts.I686V15));

    /// <summary>Each row is a byte of a PIC, the greatest valid value, and an invalid value.</summary>
    [Theory]
    [InlineData(0, 0xFF, null)] // interrupt lines
    [InlineData(1, 0xFF, null)]
    [InlineData(2, 0xFF, null)]
    [InlineData(3, 0xFF, null)]
    [InlineData(4, 7, 8)] // the line of the highest priority
    [InlineData(5, 0xF8, 0x21)] // first vector
    [InlineData(6, 1, 2)] // flags
    [InlineData(7, 1, 2)]
    [InlineData(8, 1, 2)]
    [InlineData(9, 3, 4)] // step of the initialisation
    [InlineData(10, 1, 2)]
    [InlineData(11, 1, 2)]
    [InlineData(12, 1, 0xFF)]
    [InlineData(13, 1, 2)]
    [InlineData(14, 0xD8, 0x01)] // level-triggered lines
    [InlineData(15, null, 0xFF)] // lines that may be level-triggered
    public void Each_field_of_a_pic_takes_what_its_register_takes(int field, int? greatest, int? refused)
    {
        void Check(byte value, bool isTaken)
        {
            SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
            interrupts.MasterPic[field] = value;
            Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, GuestLayouts.I686V15) is null);

            interrupts = TestSdkSnapshots.Interrupts;
            interrupts.SlavePic[field] = value;
            Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, GuestLayouts.I686V15) is null);
        }

        if (greatest is { } taken)
        {
            Check((byte)taken, isTaken: true);
        }

        if (refused is { } wrong)
        {
            Check((byte)wrong, isTaken: false);
        }
    }

    /// <summary>Each row is a byte of the IOAPIC, a value, and whether the value is valid.</summary>
    [Theory]
    [InlineData(0, 0x10, false)] // address
    [InlineData(4, 1, false)]
    [InlineData(8, 0xFF, true)] // selected register
    [InlineData(9, 1, false)]
    [InlineData(12, 15, true)] // identifier
    [InlineData(12, 16, false)]
    [InlineData(16, 0xFF, true)] // lines with a pending interrupt
    [InlineData(18, 0xFF, true)]
    [InlineData(19, 1, false)] // There are 24 lines.
    [InlineData(20, 1, false)] // padding
    [InlineData(24, 0xFF, true)] // The guest writes this table.
    [InlineData(215, 0xFF, true)]
    public void The_ioapic_takes_what_its_registers_take(int place, byte value, bool isTaken)
    {
        SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
        interrupts.IoApic[place] = value;

        Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, GuestLayouts.I686V15) is null);
    }

    [Theory]
    [InlineData(0x380)]
    [InlineData(0x383)]
    public void A_local_apic_whose_timer_runs_is_refused(int place)
    {
        SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
        interrupts.LocalApic[place] = 1;

        Assert.Contains("counts down", SnapshotInterruptRules.FindFault(interrupts, GuestLayouts.I686V15), StringComparison.Ordinal);
    }

    [Fact]
    public void A_local_apic_that_is_on_is_refused()
    {
        // The local APIC of the first processor.
        SnapshotInterrupts off = TestSdkSnapshots.Interrupts with { ApicBase = 0xFEE0_0100 };
        SnapshotInterrupts on = off with { ApicBase = 0xFEE0_0900 };

        Assert.Null(SnapshotInterruptRules.FindFault(off, GuestLayouts.I686V15));
        Assert.Contains("is on", SnapshotInterruptRules.FindFault(on, GuestLayouts.I686V15), StringComparison.Ordinal);
    }

    [Fact]
    public void Controllers_of_other_sizes_are_refused()
    {
        SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;

        Assert.All(
            [
                interrupts with { MasterPic = [] },
                interrupts with { MasterPic = [.. interrupts.MasterPic, 0] },
                interrupts with { SlavePic = interrupts.SlavePic[1..] },
                interrupts with { IoApic = new byte[512] },
                interrupts with { LocalApic = new byte[1023] },
                interrupts with { LocalApic = new byte[4096] },
            ],
            other => Assert.Contains("bytes", SnapshotInterruptRules.FindFault(other, GuestLayouts.I686V15), StringComparison.Ordinal));
    }
}
