using System.Diagnostics;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests the signal of each operating system that a thread waits for.</summary>
public abstract class WaitableSignalTests
{
    private const long NoLimit = -1;
    private const long Second = 1_000_000;

    [Fact]
    public void A_signal_before_the_wait_ends_the_wait_and_is_taken()
    {
        using IWaitableSignal signal = Create();
        signal.Signal();
        signal.Signal();
        signal.Wait(NoLimit);

        Assert.InRange(TimeOf(() => signal.Wait(30_000)), 29, 10_000);
    }

    [Fact]
    public void A_wait_that_ended_by_itself_leaves_nothing_to_the_next()
    {
        using IWaitableSignal signal = Create();
        signal.Wait(0);
        signal.Wait(1);
        signal.Signal();
        signal.Wait(long.MaxValue);

        Assert.InRange(TimeOf(() => signal.Wait(30_000)), 29, 10_000);
    }

    [Theory]
    [InlineData(NoLimit)]
    [InlineData(20 * Second)]
    public void A_signal_of_another_thread_ends_the_wait(long limit)
    {
        using IWaitableSignal signal = Create();
        using Timer timer = new(_ => signal.Signal(), null, dueTime: 30, period: Timeout.Infinite);

        Assert.InRange(TimeOf(() => signal.Wait(limit)), 1, 10_000);
    }

    internal abstract IWaitableSignal Create();

    private static long TimeOf(Action action)
    {
        Stopwatch watch = Stopwatch.StartNew();
        action();
        return watch.ElapsedMilliseconds;
    }
}

public sealed class KvmSignalTests : WaitableSignalTests
{
    public KvmSignalTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux");

    internal override IWaitableSignal Create() => new EventDescriptor();
}

[Trait("Wine", "yes")]
public sealed class WindowsSignalTests : WaitableSignalTests
{
    public WindowsSignalTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");

    internal override IWaitableSignal Create() => new WindowsSignal();
}
