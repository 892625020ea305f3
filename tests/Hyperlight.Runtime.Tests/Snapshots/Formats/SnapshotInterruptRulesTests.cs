using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>What interrupt controllers can hold (Linux, asm/kvm.h and arch/x86/kvm), and what only a forger says they do.</summary>
public sealed class SnapshotInterruptRulesTests
{
    [Fact]
    public void What_controllers_hold_is_no_fault() =>
        Assert.Null(SnapshotInterruptRules.FindFault(TestSdkSnapshots.Interrupts, apicBase: 0));

    /// <summary>A field of a PIC, the greatest value that it takes, and one that it does not.</summary>
    [Theory]
    [InlineData(0, 0xFF, null)] // the lines
    [InlineData(1, 0xFF, null)]
    [InlineData(2, 0xFF, null)]
    [InlineData(3, 0xFF, null)]
    [InlineData(4, 7, 8)] // the line of the highest priority
    [InlineData(5, 0xF8, 0x21)] // the first vector
    [InlineData(6, 1, 2)] // flags
    [InlineData(7, 1, 2)]
    [InlineData(8, 1, 2)]
    [InlineData(9, 3, 4)] // the step of its start
    [InlineData(10, 1, 2)]
    [InlineData(11, 1, 2)]
    [InlineData(12, 1, 0xFF)]
    [InlineData(13, 1, 2)]
    [InlineData(14, 0xD8, 0x01)] // lines that are levels
    [InlineData(15, null, 0xFF)] // those that may be
    public void Each_field_of_a_pic_takes_what_its_register_takes(int field, int? greatest, int? refused)
    {
        void Check(byte value, bool isTaken)
        {
            SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
            interrupts.MasterPic[field] = value;
            Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, 0) is null);

            interrupts = TestSdkSnapshots.Interrupts;
            interrupts.SlavePic[field] = value;
            Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, 0) is null);
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

    /// <summary>A byte of the IOAPIC.</summary>
    [Theory]
    [InlineData(0, 0x10, false)] // its address
    [InlineData(4, 1, false)]
    [InlineData(8, 0xFF, true)] // the register that is selected
    [InlineData(9, 1, false)]
    [InlineData(12, 15, true)] // its number
    [InlineData(12, 16, false)]
    [InlineData(16, 0xFF, true)] // the lines on which something waits
    [InlineData(18, 0xFF, true)]
    [InlineData(19, 1, false)] // there are 24
    [InlineData(20, 1, false)] // padding
    [InlineData(24, 0xFF, true)] // the table is the guest's
    [InlineData(215, 0xFF, true)]
    public void The_ioapic_takes_what_its_registers_take(int place, byte value, bool isTaken)
    {
        SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
        interrupts.IoApic[place] = value;

        Assert.Equal(isTaken, SnapshotInterruptRules.FindFault(interrupts, 0) is null);
    }

    [Theory]
    [InlineData(0x380)]
    [InlineData(0x383)]
    public void A_local_apic_whose_timer_runs_is_refused(int place)
    {
        SnapshotInterrupts interrupts = TestSdkSnapshots.Interrupts;
        interrupts.LocalApic[place] = 1;

        Assert.Contains("counts down", SnapshotInterruptRules.FindFault(interrupts, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_local_apic_that_is_on_is_refused()
    {
        Assert.Null(SnapshotInterruptRules.FindFault(TestSdkSnapshots.Interrupts, apicBase: 0xFEE0_0100)); // of the first processor, off
        Assert.Contains(
            "is on", SnapshotInterruptRules.FindFault(TestSdkSnapshots.Interrupts, apicBase: 0xFEE0_0900), StringComparison.Ordinal);
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
            other => Assert.Contains("bytes", SnapshotInterruptRules.FindFault(other, 0), StringComparison.Ordinal));
    }
}
