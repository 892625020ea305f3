using Hyperlight.Concurrency;
using Hyperlight.Printing;

namespace Hyperlight.Runtime.Tests.Printing;

public class PrintQueueTests
{
    [Fact]
    public void Text_that_comes_when_a_thread_stops_waiting_for_more_is_handed_over()
    {
        // A print thread ends at once when there is no text, so that many texts arrive while a thread ends.
        PrintThreads threads = new(BackgroundThread.Start, TimeSpan.Zero);
        Parallel.For(0, 4, _ =>
        {
            const int Texts = 5000;
            const int LongestWait = 10_000;
            using StringWriter writer = new();
            PrintQueue queue = new(writer, threads);
            for (int i = 1; i <= Texts; i++)
            {
                Assert.True(queue.TryAdd("x"));
                queue.Wait(LongestWait);
                Assert.Equal(i, writer.ToString().Length);
            }
        });
    }

    [Fact]
    public void Texts_of_one_character_that_wait_take_no_more_memory_than_long_ones()
    {
        using ManualResetEventSlim released = new();
        using CallbackWriter writer = new(released.Wait);
        PrintQueue queue = new(writer, new(BackgroundThread.Start, TimeSpan.Zero));
        int count = 0;
        while (queue.TryAdd("x"))
        {
            count++;
        }

        // Each text takes 40 bytes on 64-bit machines.
        Assert.InRange(count, 100_000, 200_000);
        released.Set();
    }

    [Fact]
    public void A_writer_that_interrupts_its_thread_goes_on_to_be_written_to()
    {
        PrintThreads threads = new(BackgroundThread.Start, TimeSpan.FromSeconds(10));
        const int Texts = 10;
        int count = 0;
        using CallbackWriter writer = new(() =>
        {
            count++;
            Thread.CurrentThread.Interrupt();
        });
        PrintQueue queue = new(writer, threads);
        for (int i = 1; i <= Texts; i++)
        {
            Assert.True(queue.TryAdd("x"));
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref count) == i, TimeSpan.FromSeconds(10)));
        }
    }

    /// <summary>A writer that runs an action for each text.</summary>
    private sealed class CallbackWriter(Action write) : StringWriter
    {
        public override void Write(string? value) => write();
    }
}
