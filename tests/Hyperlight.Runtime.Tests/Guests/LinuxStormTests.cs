using System.Diagnostics;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// Tests guests that make system calls which no program makes: each ends with an answer, an exception or the time limit of the call, and
/// no other sandbox notices.
/// </summary>
public sealed class LinuxStormTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [KvmFact(Needs.Sse)]
    public void Storms_of_system_calls_end_and_harm_no_neighbour()
    {
        using TestGuest guest = LinuxProgramTests.Program();
        using Sandbox sandbox = guest.Start(options => options.CallTimeout = Limit);
        using Sandbox neighbour = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        string memory = neighbour.Call<string>("mappings");

        foreach (string storm in new[] { "storm_of_calls", "storm_of_changes" })
        {
            for (int seed = 0; seed < 8; seed++)
            {
                End(() => sandbox.Call<string>(storm, seed));
                sandbox.Restore(snapshot);
                Assert.Equal("abc 0", sandbox.Call<string>("pipes"));
                Assert.Equal("abc 0", neighbour.Call<string>("pipes"));
            }
        }

        End(() => sandbox.Call<string>("bomb"));
        sandbox.Restore(snapshot);
        Assert.Equal(memory, neighbour.Call<string>("mappings"));
        Assert.Equal(memory, sandbox.Call<string>("mappings", new CallOptions { Timeout = TimeSpan.FromSeconds(30) }));
    }

    [KvmFact(Needs.Sse)]
    public void A_program_survives_a_storm_of_calls_that_leave_it_alone()
    {
        using TestGuest guest = LinuxProgramTests.Program();
        using Sandbox sandbox = guest.Start();
        for (int seed = 0; seed < 5; seed++)
        {
            Assert.Equal("4096 calls", sandbox.Call<string>("storm_of_careful_calls", seed));
        }

        Assert.Equal("11 11.2.1 11 42 11.1 8 4", sandbox.Call<string>("faults"));
    }

    private static void End(Func<string> storm)
    {
        long begin = Stopwatch.GetTimestamp();
        Exception? end = Record.Exception(storm);
        Assert.True(end is null or HyperlightException or TimeoutException, $"{end}");
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, Limit + TimeSpan.FromSeconds(10));
    }
}
