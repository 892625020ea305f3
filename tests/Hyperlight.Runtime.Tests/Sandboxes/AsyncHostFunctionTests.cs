using System.Runtime.CompilerServices;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests host functions that return tasks. The guest's function Greet calls the host function Now, which returns a text.</summary>
public sealed class AsyncHostFunctionTests : IDisposable
{
    private const string Greeting = "World, it is noon";

    private static readonly CallOptions Short = new() { Timeout = TimeSpan.FromMilliseconds(50) };

    private readonly TestGuest _guest = new("hello");

    public void Dispose() => _guest.Dispose();

    public static TheoryData<string> Shapes => ["task", "value task", "task that is complete", "value task that is complete", "any value"];

    [KvmTheory]
    [MemberData(nameof(Shapes))]
    public void A_guest_receives_the_result_of_a_task(string shape)
    {
        using Sandbox sandbox = _guest.Start(options => _ = shape switch
        {
            "task" => options.HostFunctions.Add("Now", NoonAsync),
            "value task" => options.HostFunctions.Add("Now", async ValueTask<string> () => await NoonAsync()),
            "task that is complete" => options.HostFunctions.Add("Now", () => Task.FromResult("noon")),
            "value task that is complete" => options.HostFunctions.Add("Now", () => ValueTask.FromResult("noon")),
            _ => options.HostFunctions.Add("Now", async Task<GuestValue> () => await NoonAsync()),
        });

        Assert.Equal(Greeting, sandbox.Call<string>("Greet", "World"));
        Assert.Equal(Greeting, sandbox.Call<string>("Greet", "World"));
    }

    [KvmFact]
    public void Functions_without_a_result_complete_before_the_guest_goes_on()
    {
        bool ended = false;
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", async () =>
        {
            await Task.Delay(20);
            ended = true;
        }));

        // The guest expects a text, gets no value and returns an error.
        Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));
        Assert.True(ended);
    }

    [KvmFact]
    public void A_function_receives_the_arguments_of_the_guest_and_the_token_of_the_call()
    {
        (string Text, CancellationToken Token) received = ("", default);
        using ScriptedGuest guest = new();
        using Sandbox sandbox = guest
            .Halt()
            .Send(RecordedMessages.Get("call-host-hostprint"), 101)
            .Return(RecordedMessages.Get("result-int"))
            .Start(options => options.HostFunctions.Add("HostPrint", async Task<int> (string text, CancellationToken token) =>
            {
                received = (text, token);
                await Task.Delay(1, token);
                return text.Length;
            }));

        Assert.Equal(-42, sandbox.Call<int>("F"));
        Assert.NotEmpty(received.Text);
        Assert.True(received.Token.CanBeCanceled);
        Assert.False(received.Token.IsCancellationRequested);
    }

    [KvmTheory]
    [InlineData("timeout")]
    [InlineData("token")]
    [InlineData("disposal")]
    public async Task A_stop_ends_the_wait_for_a_task_that_never_completes_and_cancels_the_token_of_the_function(string stop)
    {
        TaskCompletionSource<CancellationToken> entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource source = new();
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", (CancellationToken token) =>
        {
            token.Register(canceled.SetResult);
            entered.SetResult(token);
            return new TaskCompletionSource<string>().Task;
        }));
        using Snapshot snapshot = sandbox.TakeSnapshot();

        Task<string> call = sandbox.CallAsync<string>(
            "Greet", stop == "timeout" ? Short : new CallOptions { CancellationToken = source.Token }, "World");
        CancellationToken token = await entered.Task.WaitAsync(TestCanceled);
        if (stop == "token")
        {
            await source.CancelAsync();
        }
        else if (stop == "disposal")
        {
            sandbox.Dispose();
        }

        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => call.WaitAsync(TestCanceled));
        await canceled.Task.WaitAsync(TestCanceled);
        Assert.True(token.IsCancellationRequested);
        Type expected = stop == "timeout" ? typeof(TimeoutException)
            : stop == "token" ? typeof(OperationCanceledException)
            : typeof(ObjectDisposedException);
        Assert.IsType(expected, exception);
        if (stop != "disposal")
        {
            Assert.Equal(SandboxState.Poisoned, sandbox.State);
            sandbox.Restore(snapshot);
            Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        }
    }

    [KvmFact]
    public void A_stop_is_not_reported_as_a_failure_of_the_function()
    {
        List<GuestLogRecord> records = [];
        using Sandbox sandbox = _guest.Start(options =>
        {
            options.Log = records.Add;
            options.HostFunctions.Add("Now", async Task<string> (CancellationToken token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return "never";
            });
        });

        Assert.Throws<TimeoutException>(() => sandbox.Call<string>("Greet", Short, "World"));
        Assert.Empty(records);
    }

    [KvmFact]
    public void What_a_task_throws_is_the_failure_of_its_function()
    {
        FileNotFoundException thrown = new("secret");
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", async Task<string> () =>
        {
            await Task.Yield();
            throw thrown;
        }));

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));

        Assert.Same(thrown, error.InnerException);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void The_message_of_a_visible_exception_reaches_the_guest_from_a_task_too()
    {
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", async Task<string> () =>
        {
            await Task.Yield();
            throw new GuestVisibleException("the clock is broken");
        }));

        Assert.Contains(
            "the clock is broken", Assert.Throws<GuestErrorException>(() => sandbox.Call("Greet", "World")).Message,
            StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_function_does_not_go_on_in_the_context_of_the_thread_that_waits_for_it()
    {
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", NoonAsync));
        DeadContext context = new();
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            Assert.Equal(Greeting, sandbox.Call<string>("Greet", "World"));
            Assert.Same(context, SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [KvmFact]
    public async Task A_function_does_not_go_on_on_a_scheduler_that_its_waiting_call_occupies()
    {
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", NoonAsync));
        TaskScheduler oneAtATime = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

        string greeting = await Task.Factory.StartNew(
            () => sandbox.Call<string>("Greet", "World"), TestCanceled, TaskCreationOptions.None, oneAtATime);

        Assert.Equal(Greeting, greeting);
    }

    [KvmFact]
    public async Task An_asynchronous_call_waits_on_no_thread_of_the_pool()
    {
        bool isOfPool = true;
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", () =>
        {
            isOfPool = Thread.CurrentThread.IsThreadPoolThread;
            return NoonAsync();
        }));

        Assert.Equal(Greeting, await sandbox.CallAsync<string>("Greet", "World"));
        Assert.False(isOfPool);
    }

    [KvmFact]
    public void The_exception_of_a_task_that_outlives_its_call_is_not_reported_as_unobserved()
    {
        const string Late = "later than its call";
        bool reported = false;
        EventHandler<UnobservedTaskExceptionEventArgs> listen = (_, args) =>
            reported |= args.Exception.ToString().Contains(Late, StringComparison.Ordinal);
        TaskScheduler.UnobservedTaskException += listen;
        try
        {
            FailAfterItsCall(Late);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.False(reported);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= listen;
        }
    }

    [KvmFact]
    public void What_cannot_cross_is_refused_when_the_function_is_added()
    {
        Exception? misplaced = null, unknown = null;
        using Sandbox sandbox = _guest.Start(options =>
        {
            misplaced = Assert.Throws<ArgumentException>(() => options.HostFunctions.Add("A", (CancellationToken _, int number) => number));
            unknown = Assert.Throws<NotSupportedException>(() => options.HostFunctions.Add("B", () => Task.FromResult(DateTime.MinValue)));
        });

        Assert.Contains("put the token last", misplaced!.Message, StringComparison.Ordinal);
        Assert.Contains("Task", unknown!.Message, StringComparison.Ordinal);
    }

    // In a method of its own, so that no variable refers to the task after the return.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FailAfterItsCall(string message)
    {
        TaskCompletionSource<string> late = new();
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Now", () => late.Task));
        Assert.Throws<TimeoutException>(() => sandbox.Call<string>("Greet", Short, "World"));
        late.SetException(new InvalidOperationException(message));
    }

    private static async Task<string> NoonAsync()
    {
        await Task.Delay(1);
        return "noon";
    }

    /// <summary>The synchronization context of a thread that waits and so never runs what is posted to it.</summary>
    private sealed class DeadContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
