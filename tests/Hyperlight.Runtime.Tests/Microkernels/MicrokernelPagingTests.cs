namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>Interrupts, and page tables that a kernel makes in its own memory (i686 sheet, sections 5.2 and 6.4).</summary>
public class MicrokernelPagingTests
{
    private const int PageFault = 14;

    [Theory]
    [MicrokernelVariants(Needs.InterruptReturn32)]
    public void The_timer_ticks_at_vector_0x20_and_HLT_waits_for_it(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(["timer: 5 ticks since the start", "timer: 7 ticks since the start"], kernel.Ask("timer 5", "timer 2"));
        Assert.Equal(["timer: 10 ticks since the start"], kernel.Ask("timer 3"));
    }

    [Theory]
    [MicrokernelVariants(Needs.Paging32)]
    public void It_goes_on_with_page_tables_of_its_own(string variant)
    {
        byte[] bulk = new byte[1000];
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot(bulk);

        string[] answers = kernel.Ask("paging", "ramfs motd", "bulk", "timer 2", "paging");

        Assert.Equal(answers[^1], answers[0]);
        Assert.Equal([MicrokernelImage.Motd, "ramfs: 29 bytes", "bulk: 1000 bytes, sum 0", "timer: 2 ticks since the start"], answers[1..^1]);
        Assert.Equal(9, kernel.Run("ramfs motd", "exit 9"));
    }

    [Theory]
    [MicrokernelVariants(Needs.Paging32)]
    public void Its_own_tables_keep_it_from_writing_to_its_files(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(PageFault, Assert.Throws<GuestCpuException>(() => kernel.Run("paging", "scribble motd")).Vector);
    }

    /// <summary>A paged kernel gets new tables from the host and makes its own anew; others have theirs back as they were.</summary>
    [Theory]
    [MicrokernelVariants(Needs.Paging32)]
    public void A_snapshot_of_a_kernel_with_its_own_tables_can_be_restored_again_and_again(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();
        string[] before = kernel.Ask("paging", "timer 2");
        using Snapshot snapshot = kernel.Sandbox.Snapshot();

        for (int i = 0; i < 10; i++)
        {
            kernel.Sandbox.Restore(snapshot);
            image.MapFiles(kernel.Sandbox);
            string[] after = kernel.Ask("paging", "timer 2", "ramfs motd");
            Assert.Equal("timer: 4 ticks since the start", after[1]);
            Assert.Equal(MicrokernelImage.Motd, after[2]);
            Assert.Equal(variant == "paged", after[0] != before[0]);
        }

        using BootedMicrokernel other = image.Boot(from: snapshot);
        Assert.Equal(["timer: 3 ticks since the start"], other.Ask("timer 1"));
    }
}
