using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Vectors;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests calls that end before the guest does: by a timeout, a token or the disposal of the sandbox.</summary>
public sealed class SandboxStopTests : IDisposable
{
    private readonly ScriptedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public void A_call_that_takes_too_long_is_stopped_and_says_where_it_was()
    {
        using Sandbox sandbox = _guest.Halt().Run(GuestCode.Forever).Start();

        TimeoutException exception = Assert.Throws<TimeoutException>(
            () => sandbox.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(30) }));

        Assert.Contains("Spin", exception.Message, StringComparison.Ordinal);
        Assert.Contains("RIP 0x2000", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_call_without_a_timeout_has_the_sandboxs()
    {
        using Sandbox sandbox = _guest.Halt().Run(GuestCode.Forever).Start(options => options.CallTimeout = TimeSpan.FromMilliseconds(30));

        Assert.Throws<TimeoutException>(() => sandbox.Call("Spin"));
    }

    [KvmTheory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_timeout_that_is_over_before_the_call_is_refused(int milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Start();

        Assert.Throws<ArgumentOutOfRangeException>(() => sandbox.Call<int>("F", new CallOptions { Timeout = timeout }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _guest.Start(options => options.CallTimeout = timeout));
        Assert.Throws<ArgumentOutOfRangeException>(() => _guest.Start(options => options.StartTimeout = timeout));
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_deadline_that_passes_inside_of_a_host_function_takes_effect_when_that_returns()
    {
        bool returned = false;
        using ManualResetEventSlim passed = new();
        Alarm behindTheDeadline = new(Watchdog.Shared, passed.Set);
        using Sandbox sandbox = _guest
            .Halt()
            .Send(RecordedMessages.Get("call-host-hostprint"), 101)
            .Return(RecordedMessages.Get("result-int"))
            .Start(options => options.HostFunctions.Add("HostPrint", (string _) =>
            {
                behindTheDeadline.Set(Watchdog.Now + 100);
                passed.Wait(TestCanceled);
                returned = true;
                return 0;
            }));

        Assert.Throws<TimeoutException>(() => sandbox.Call<int>("F", new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }));

        Assert.True(returned);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_token_cancelled_after_its_call_changes_nothing()
    {
        using CancellationTokenSource source = new();
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Return(RecordedMessages.Get("result-int")).Start();
        sandbox.Call<int>("F", new CallOptions { CancellationToken = source.Token });

        source.Cancel();

        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_start_that_takes_too_long_is_stopped()
    {
        _guest.Run(GuestCode.Forever);

        Assert.Throws<TimeoutException>(() => _guest.Start(options => options.StartTimeout = TimeSpan.FromMilliseconds(30)));
    }

    [KvmFact]
    public void A_short_timeout_works_after_a_call_with_a_long_one()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Run(GuestCode.Forever).Start();
        sandbox.Call<int>("F", new CallOptions { Timeout = TimeSpan.FromHours(1) });

        Assert.Throws<TimeoutException>(() => sandbox.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(30) }));
    }

    [KvmTheory]
    [InlineData(-1)]
    [InlineData(60_000)]
    public void An_old_deadline_does_not_stop_a_later_call(int milliseconds)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(milliseconds);
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Run(GuestCode.Forever).Start();
        sandbox.Call<int>("F", new CallOptions { Timeout = TimeSpan.FromMilliseconds(200) });
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(600));

        Assert.Throws<OperationCanceledException>(
            () => sandbox.Call("Spin", new CallOptions { Timeout = timeout, CancellationToken = source.Token }));
    }

    [KvmFact]
    public void A_token_stops_a_call()
    {
        using Sandbox sandbox = _guest.Halt().Run(GuestCode.Forever).Start();
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(300));

        OperationCanceledException exception = Assert.Throws<OperationCanceledException>(
            () => sandbox.Call("Spin", new CallOptions { CancellationToken = source.Token }));

        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_token_cancelled_before_the_call_leaves_the_sandbox_ready()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Start();

        Assert.Throws<OperationCanceledException>(
            () => sandbox.Call<int>("F", new CallOptions { CancellationToken = new(canceled: true) }));
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_token_stops_the_start()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(30));
        _guest.Run(GuestCode.Forever);

        Assert.Throws<OperationCanceledException>(() => _guest.Start(cancellationToken: source.Token));
    }

    [KvmFact]
    public async Task A_second_call_at_the_same_time_is_refused()
    {
        using SemaphoreSlim entered = new(0);
        using SemaphoreSlim release = new(0);
        using Sandbox sandbox = _guest
            .Halt()
            .Send(RecordedMessages.Get("call-host-hostprint"), 101)
            .Return(RecordedMessages.Get("result-int"))
            .Start(options => options.HostFunctions.Add("HostPrint", (string _) =>
            {
                entered.Release();
                release.Wait(TestCanceled);
                return 0;
            }));
        Task<int> first = sandbox.CallAsync<int>("F");
        await entered.WaitAsync(TestCanceled);

        Assert.Throws<InvalidOperationException>(() => sandbox.Call<int>("F"));
        release.Release();

        Assert.Equal(-42, await first);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public async Task Disposal_stops_a_running_call()
    {
        using SemaphoreSlim started = new(0);
        Sandbox sandbox = _guest
            .Halt()
            .Send(RecordedMessages.Get("call-host-hostprint"), 101)
            .Run(GuestCode.Forever)
            .Start(options => options.HostFunctions.Add("HostPrint", (string _) => started.Release()));
        Task<int> call = sandbox.CallAsync<int>("Spin");
        await started.WaitAsync(TestCanceled);

        sandbox.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        Assert.Equal(SandboxState.Disposed, sandbox.State);
        Assert.Throws<ObjectDisposedException>(() => sandbox.Call("F"));
    }

    [KvmFact]
    public void Disposal_inside_of_a_host_function_ends_the_call()
    {
        Sandbox? sandbox = null;
        _guest.Halt().Send(RecordedMessages.Get("call-host-hostprint"), 101).Return(RecordedMessages.Get("result-int"));
        sandbox = _guest.Start(options => options.HostFunctions.Add("HostPrint", (string _) =>
        {
            sandbox!.Dispose();
            return 0;
        }));

        Assert.Throws<ObjectDisposedException>(() => sandbox.Call("F"));
    }

    [KvmFact]
    public void Disposal_twice_is_once()
    {
        Sandbox sandbox = _guest.Halt().Start();

        sandbox.Dispose();
        sandbox.Dispose();

        Assert.Equal(SandboxState.Disposed, sandbox.State);
    }

    [KvmFact]
    public async Task Cancels_at_any_moment_end_in_a_result_or_a_cancellation()
    {
        Random random = new(20261122);
        _guest.Halt();
        for (int i = 0; i < 40; i++)
        {
            _guest.Send(RecordedMessages.Get("call-host-hostprint"), 101);
        }

        _guest.Return(RecordedMessages.Get("result-int"));
        for (int i = 0; i < 60; i++)
        {
            using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("HostPrint", (string text) => text.Length));
            using CancellationTokenSource source = new();
            int spins = random.Next(20_000);
            Task cancel = Task.Run(
                () =>
                {
                    Thread.SpinWait(spins);
                    source.Cancel();
                },
                TestCanceled);
            try
            {
                Assert.Equal(-42, sandbox.Call<int>("F", new CallOptions { CancellationToken = source.Token }));
            }
            catch (OperationCanceledException)
            {
                // The state is Ready if the cancellation came before the call began.
                Assert.True(sandbox.State is SandboxState.Poisoned or SandboxState.Ready);
            }

            await cancel;
        }
    }

    [KvmFact]
    public void A_cancel_in_a_host_call_is_never_missed()
    {
        const int HostCalls = 40;
        _guest.Halt();
        for (int i = 0; i < HostCalls; i++)
        {
            _guest.Send(RecordedMessages.Get("call-host-hostprint"), 101);
        }

        _guest.Return(RecordedMessages.Get("result-int"));
        for (int last = 0; last < HostCalls; last++)
        {
            using CancellationTokenSource source = new();
            int calls = 0;
            using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add(
                "HostPrint",
                (string text) =>
                {
                    if (calls++ == last)
                    {
                        source.Cancel();
                    }

                    return text.Length;
                }));

            Assert.Throws<OperationCanceledException>(() => sandbox.Call<int>("F", new CallOptions { CancellationToken = source.Token }));

            Assert.Equal(last + 1, calls);
        }
    }
}
