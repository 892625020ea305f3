using System.Collections.Concurrent;
using System.Diagnostics;
using Hyperlight.Calls;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Pool;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Calls;

/// <summary>
/// Tests that the state of a sandbox is one value, whatever several threads do to the sandbox. No other tests run at the same time, because
/// one test counts the files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SandboxConditionTests
{
    private const int GateRounds = 300;
    private const int SandboxRounds = 30;

    private static readonly SandboxCondition Poisoned = new(SandboxState.Poisoned, "poisoned");
    private static readonly SandboxCondition Lost = new(SandboxState.Unrecoverable, "lost");

    [Fact]
    public void A_condition_and_its_reason_change_together_and_the_end_is_final()
    {
        for (int round = 0; round < GateRounds; round++)
        {
            // The machine is used only while a call is running.
            using CallGate gate = new(machine: null!, Watchdog.Shared, SandboxCondition.Ready);
            ConcurrentQueue<bool> first = [];
            InParallel(
                () => gate.Become(Poisoned),
                () => gate.Become(SandboxCondition.Ready),
                () => gate.Become(Lost),
                () => Observe(() => gate.Condition),
                () => first.Enqueue(gate.Close(out _)),
                () => first.Enqueue(gate.Close(out _)));

            gate.Become(SandboxCondition.Ready);
            Assert.Same(SandboxCondition.Disposed, gate.Condition);
            Assert.Equal([false, true], first.Order());
        }
    }

    [Fact]
    public void A_lost_sandbox_can_only_be_disposed()
    {
        using CallGate gate = new(machine: null!, Watchdog.Shared, Poisoned);
        gate.Become(Lost);
        gate.Become(SandboxCondition.Ready);
        gate.Become(Poisoned);
        Assert.Same(Lost, gate.Condition);

        Assert.True(gate.Close(out SandboxCondition before));

        Assert.Equal((Lost, SandboxCondition.Disposed), (before, gate.Condition));
    }

    [KvmFact]
    public void A_sandbox_that_is_poisoned_restored_and_disposed_at_once_is_disposed_once_and_frees_everything()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox origin = guest.Start();
        using Snapshot snapshot = origin.TakeSnapshot();
        HostState before = HostState.Now();
        for (int round = 0; round < SandboxRounds; round++)
        {
            using Sandbox sandbox = snapshot.CreateSandbox();
            InParallel(
                () => Try(() => sandbox.Call("Abort", 1, "x")),
                () => Try(() => sandbox.Restore(snapshot)),
                () => Try(() => sandbox.Call<int>("DataWord")),
                () => Observe(() => new(sandbox.State, Reason: null)),
                sandbox.Dispose,
                sandbox.Dispose);

            Assert.Equal(SandboxState.Disposed, sandbox.State);
        }

        Assert.Equal(before, HostState.Now());
    }

    /// <summary>Reads a condition until the sandbox is disposed, and then once more.</summary>
    private static void Observe(Func<SandboxCondition> read)
    {
        SandboxCondition seen;
        bool isLost = false;
        Stopwatch watch = Stopwatch.StartNew();
        do
        {
            Assert.True(watch.Elapsed < PoolGuest.Patience, "the sandbox is not disposed");
            seen = read();
            Assert.True(seen.Reason is null || seen == Poisoned || seen == Lost, $"{seen} is half of two conditions");
            isLost |= seen.State == SandboxState.Unrecoverable;
            Assert.False(isLost && seen.State is SandboxState.Ready or SandboxState.Poisoned, $"{seen} follows Unrecoverable");
        }
        while (seen.State != SandboxState.Disposed);
        Assert.Equal(SandboxState.Disposed, read().State);
    }

    // The failures that a call or a restore of a sandbox has while other threads use and dispose the sandbox.
    private static void Try(Action use)
    {
        try
        {
            use();
        }
        catch (Exception exception) when (exception is GuestAbortedException or SandboxPoisonedException or InvalidOperationException)
        {
            Assert.True(
                exception is not InvalidOperationException || exception is ObjectDisposedException
                || exception.Message.Contains("another call", StringComparison.Ordinal), exception.ToString());
        }
    }

    private static void InParallel(params Action[] actions)
    {
        using Barrier barrier = new(actions.Length);
        Task.WaitAll(
            [
                .. actions.Select(action => Task.Factory.StartNew(
                    () =>
                    {
                        barrier.SignalAndWait(TestCanceled);
                        action();
                    },
                    TestCanceled,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)),
            ],
            TestCanceled);
    }
}
