using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>
/// Checks that sandboxes with timers leave nothing open in the process. No other tests run at the same time, because the tests count the
/// threads and files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class InterruptLeakTests
{
    // The kernel keeps the first 15 characters of a thread's name.
    private const string TickerThread = "Hyperlight tick";

    [KvmFact(Needs.Interrupts)]
    public async Task Sandboxes_with_timers_share_one_thread()
    {
        using TestGuest guest = TickingGuest.Bake("ticks");
        List<Sandbox> sandboxes = [];
        try
        {
            Add();
            int before = CountTickers();
            while (sandboxes.Count < 20)
            {
                Add();
            }

            // All sandboxes are disposed at the same time, while their timers run.
            await Task.WhenAll(sandboxes.Select(sandbox => sandbox.CallAsync<uint>("Count", 3u, 20_000u)));

            Assert.Equal((1, before), (before, CountTickers()));
            Assert.Equal(0, Hypervisor.Ticker.Count);
        }
        finally
        {
            sandboxes.ForEach(sandbox => sandbox.Dispose());
        }

        void Add()
        {
            Sandbox sandbox = guest.Start();
            sandboxes.Add(sandbox);
            sandbox.Call<uint>("Count", 1u, TickingGuest.Period);
        }
    }

    [KvmFact(Needs.Interrupts)]
    public void Sixty_lives_leave_nothing_behind()
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        Live(guest);
        HostState host = HostState.Now();
        int descriptors = ProcessCounts.Descriptors;

        for (int i = 0; i < 60; i++)
        {
            Live(guest);
        }

        Assert.Equal(host, HostState.Now());

        // The .NET runtime may open files of its own. One leaked file for each sandbox would be 60.
        Assert.InRange(ProcessCounts.Descriptors, 0, descriptors + 20);
        Assert.Equal(0, Hypervisor.Ticker.Count);
    }

    private static void Live(TestGuest guest)
    {
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Call("LeaveRunning", 100u);
        sandbox.Restore(snapshot);
        using Sandbox other = snapshot.CreateSandbox();
        other.Call("LeaveRunning", 100u);
    }

    private static int CountTickers() =>
        ProcessCounts.ThreadNames().Count(name => name.StartsWith(TickerThread, StringComparison.Ordinal));
}
