using System.Globalization;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>Tests interrupts, and page tables that a kernel builds in its own memory (i686 sheet, sections 5.2 and 6.4).</summary>
public class MicrokernelPagingTests
{
    private const int PageFault = 14;

    [Theory]
    [MicrokernelVariants(Needs.InterruptReturn32)]
    public void The_timer_ticks_at_vector_0x20_and_HLT_waits_for_it(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        int[] ticks = [.. kernel.Ask("timer 5", "timer 2").Select(Ticks), Ticks(Assert.Single(kernel.Ask("timer 3")))];

        Assert.InRange(ticks[0], 5, int.MaxValue);
        Assert.InRange(ticks[1], ticks[0] + 2, int.MaxValue);
        Assert.InRange(ticks[2], ticks[1] + 3, int.MaxValue);
    }

    [Theory]
    [MicrokernelVariants(Needs.Paging32)]
    public void It_goes_on_with_page_tables_of_its_own(string variant)
    {
        byte[] bulk = new byte[1000];
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot(bulk);

        string[] answers = kernel.Ask("paging", "ramfs motd", "bulk", "timer 2", "paging");

        (string from, string to) = Directories(answers[0]);
        Assert.NotEqual(from, to);
        Assert.Equal((to, to), Directories(answers[^1]));
        Assert.Equal([MicrokernelImage.Motd, "ramfs: 29 bytes", "bulk: 1000 bytes, sum 0"], answers[1..4]);
        Assert.InRange(Ticks(answers[4]), 2, int.MaxValue);
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

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void What_a_paged_kernel_maps_of_its_files_it_cannot_write_either()
    {
        using MicrokernelImage image = new("paged");
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(PageFault, Assert.Throws<GuestCpuException>(() => kernel.Run("scribble motd")).Vector);
    }

    /// <summary>
    /// After a restore the paged kernel builds its tables again from new tables of the host. Other kernels keep their own tables.
    /// </summary>
    [Theory]
    [MicrokernelVariants(Needs.Paging32)]
    public void A_snapshot_of_a_kernel_with_its_own_tables_can_be_restored_again_and_again(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();
        (_, string own) = Directories(kernel.Ask("paging")[0]);
        using Snapshot snapshot = kernel.Sandbox.TakeSnapshot();

        for (int i = 0; i < 10; i++)
        {
            kernel.Sandbox.Restore(snapshot);
            image.MapFiles(kernel.Sandbox);
            string[] after = kernel.Ask("paging", "timer 2", "ramfs motd");
            (string from, string to) = Directories(after[0]);
            Assert.InRange(Ticks(after[1]), 2, int.MaxValue);
            Assert.Equal([MicrokernelImage.Motd, "ramfs: 29 bytes"], after[2..]);
            Assert.Equal(variant == "paged", from != to);
            Assert.True(variant == "paged" || to == own);
        }

        using BootedMicrokernel other = image.Boot(from: snapshot);
        Assert.InRange(Ticks(Assert.Single(other.Ask("timer 1"))), 1, int.MaxValue);
    }

    // Reads the answer "timer: N ticks since the start". N is larger than the number that was asked for if the kernel was late.
    private static int Ticks(string answer) =>
        answer.Split(' ') is ["timer:", var ticks, "ticks", "since", "the", "start"]
            ? int.Parse(ticks, CultureInfo.InvariantCulture)
            : throw new ArgumentException(answer, nameof(answer));

    // Reads the answer "paging: directory FROM now TO".
    private static (string From, string To) Directories(string answer) =>
        answer.Split(' ') is ["paging:", "directory", var from, "now", var to]
            ? (from, to)
            : throw new ArgumentException(answer, nameof(answer));
}
