using Hyperlight.Printing;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Printing;

public class PrintQueueTests
{
    [Fact]
    public void Text_that_comes_when_a_thread_stops_waiting_for_more_is_handed_over()
    {
        // Threads that do not wait at all: much of the text finds one that is about to end.
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
}
