using Basics;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Calls a guest in C# with values of C#, lets it await functions of the host, and stops it.</summary>
public sealed class ValuesTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    private static readonly Line[] Lines = [new("Tea", 2, 1.5m), new("Rum", 1, 10m), new("", int.MinValue, null)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [KvmFact(Needs.Sse)]
    public void Every_kind_of_value_comes_back_as_it_was_sent()
    {
        using Sandbox sandbox = Create();
        IValues values = IValues.For(sandbox);
        Everything full = new(
            Lines,
            [null, Lines[0]],
            new() { [""] = null, ["here"] = new(double.NaN, float.Epsilon) },
            (Size.Large, null),
            [decimal.MinValue, decimal.MaxValue, 0.10m],
            new DateTime(2026, 11, 29, 10, 30, 0, DateTimeKind.Utc),
            new DateTimeOffset(2026, 11, 29, 10, 30, 0, TimeSpan.FromHours(-3.5)),
            TimeSpan.MinValue,
            DateOnly.MaxValue,
            TimeOnly.MaxValue,
            new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            ['\0', '\uD800', 'ß'],
            sbyte.MinValue,
            ulong.MaxValue,
            [0, 255],
            "NUL \0 and 🦊",
            [[], [1, -2]]);
        Everything empty = new(
            [], [], [], ((Size)77, Size.Small), [], default, default, default, default, default, default, [], 0, 0, [], null, []);

        Assert.Equivalent(full, values.Echo(full), strict: true);
        Assert.Equivalent(empty, values.Echo(empty), strict: true);
        Assert.Equal(DateTimeKind.Utc, values.Echo(full).Time.Kind);
        Assert.Equal(Lines[0], values.EchoOrNull(Lines[0]));
        Assert.Null(values.EchoOrNull(null));
    }

    [KvmFact(Needs.Sse)]
    public async Task A_guest_awaits_functions_of_the_host_many_times_and_from_other_threads()
    {
        using Sandbox sandbox = Create();
        IValues values = IValues.For(sandbox);

        Assert.Equal(13 * 1.17m, await values.TotalAsync(Lines, "USD"));
        Assert.Equal(Lines[0] with { Count = 1 }, await values.FindAsync([null, .. Lines], "Tea"));
        Assert.Null(await values.FindAsync(Lines, "Rum"));
        Assert.Null(await values.FindAsync([], "Tea"));
        GuestErrorException error = await Assert.ThrowsAsync<GuestErrorException>(() => values.TotalAsync(Lines, "XYZ"));
        Assert.Contains("there is no rate of XYZ", error.Message, StringComparison.Ordinal);
        Assert.Equal("Hyperlight.Guest.HostException", error.GuestExceptionType);
        Assert.Equal("number 7", values.Caught("name"));
        Assert.Equal("Canceled", values.Caught("cancelled"));
    }

    [KvmFact(Needs.Sse)]
    public async Task What_does_not_fit_a_buffer_is_an_error_that_names_the_setting()
    {
        using Sandbox sandbox = Create();
        IValues values = IValues.For(sandbox);

        MessageTooLargeException request = Assert.Throws<MessageTooLargeException>(() => values.Length([new('x', 1 << 20)]));
        GuestErrorException result = Assert.Throws<GuestErrorException>(() => values.Create(10_000));
        GuestErrorException call = await Assert.ThrowsAsync<GuestErrorException>(() => values.PassAsync(10_000).AsTask());

        Assert.Contains("InputBufferSize", request.Message, StringComparison.Ordinal);
        Assert.Contains("raise OutputBufferSize", result.Message, StringComparison.Ordinal);
        Assert.Contains("raise OutputBufferSize", call.Message, StringComparison.Ordinal);
        Assert.Equal(3, values.Length(["x", "", "yz"]));
        Assert.Equal(100, values.Create(100).Length);
        Assert.Equal(100, await values.PassAsync(100));
    }

    [KvmFact(Needs.Sse)]
    public void A_task_that_nothing_can_end_is_a_deadlock()
    {
        using Sandbox sandbox = Create();

        GuestAbortedException error = Assert.Throws<GuestAbortedException>(
            () => IValues.For(sandbox).NeverAsync().GetAwaiter().GetResult());

        Assert.Contains("deadlock", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact(Needs.Sse)]
    public async Task The_token_of_the_host_ends_the_call_and_its_functions_and_the_guest_never_sees_it()
    {
        Market market = new();
        using Sandbox sandbox = Create(market);
        using Snapshot start = sandbox.TakeSnapshot();
        IValues values = IValues.For(sandbox);
        Assert.Equal("can be cancelled: False", await values.WaitAsync(TimeSpan.FromMilliseconds(1), Token));
        using CancellationTokenSource sleeping = new(TimeSpan.FromMilliseconds(200)), waiting = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => values.WaitAsync(TimeSpan.FromMinutes(5), sleeping.Token));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        sandbox.Restore(start);
        Task call = values.WaitForHostAsync(waiting.Token);
        await market.Started.Task.WaitAsync(Token);
        await waiting.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await market.Stopped.Task.WaitAsync(Token);
        sandbox.Restore(start);
        Assert.Equal(1, values.Length(["x"]));
    }

    [KvmFact(Needs.Sse)]
    public async Task A_host_function_cannot_call_its_own_sandbox_and_can_call_another()
    {
        using Sandbox other = Create();
        Sandbox? own = null;
        Exception? failure = null;
        int answer = 0;
        using Sandbox sandbox = own = Create(new Market
        {
            DuringCount = () =>
            {
                failure = Record.Exception(() => own!.Call<int>("Add", 1, 2));
                answer = IValues.For(other).Length(["xyz"]);
            },
        });

        Assert.Equal(2, await IValues.For(sandbox).PassAsync(2));

        Assert.IsType<InvalidOperationException>(failure);
        Assert.Equal(3, answer);
    }

    [KvmTheory(Needs.Sse)]
    [InlineData(GuestLogLevel.Trace, "Error Warning Information Debug Trace")]
    [InlineData(GuestLogLevel.Warning, "Error Warning")]
    public void A_guest_logs_what_the_host_wants(GuestLogLevel level, string wanted)
    {
        List<GuestLogRecord> records = [];
        using Sandbox sandbox = Create(configure: options =>
        {
            options.LogLevel = level;
            options.Log = records.Add;
        });

        Assert.Equal(wanted, IValues.For(sandbox).Log("a\0b"));

        GuestLogRecord[] own = [.. records.Where(record => record.SourceFile == "GuestLog")];
        Assert.Equal(wanted, string.Join(' ', own.Select(record => record.Level)));
        Assert.All(own, record => Assert.Equal("a\uFFFDb", record.Message));
    }

    [KvmTheory(Needs.Sse)]
    [InlineData("inner", "System.InvalidOperationException",
        "System.InvalidOperationException: outer ---> System.FormatException: inner ---> System.ArgumentException: innermost")]
    [InlineData("aggregate", "System.FormatException", "System.FormatException: one")]
    [InlineData("several", "System.AggregateException",
        "System.AggregateException: One or more errors occurred. (one) (two) ---> System.FormatException: one")]
    [InlineData("nul", "System.InvalidOperationException", "System.InvalidOperationException: a\uFFFDb\uFFFDc")]
    [InlineData("members", "Basics.Values+FailingException",
        "Basics.Values+FailingException: (the message is not known, because reading it threw System.NotSupportedException)")]
    [InlineData("code", null, "of my own")]
    public async Task An_exception_arrives_with_its_causes(string way, string? type, string text)
    {
        using Sandbox sandbox = Create();

        GuestErrorException error = await Assert.ThrowsAsync<GuestErrorException>(() => IValues.For(sandbox).FailAsync(way));

        Assert.Equal(type, error.GuestExceptionType);
        Assert.EndsWith("): " + text, error.Message, StringComparison.Ordinal);
        Assert.Equal(way == "code" ? 1234 : 15, (int)error.Code);
        Assert.Equal(way != "members", error.GuestStackTrace?.Contains("   at Basics.Values.", StringComparison.Ordinal) ?? false);
        Assert.Equal(1, IValues.For(sandbox).Length(["x"]));
    }

    [KvmFact(Needs.Sse)]
    public async Task A_long_message_is_cut_and_the_stack_trace_stays()
    {
        using Sandbox sandbox = Create();

        GuestErrorException error = await Assert.ThrowsAsync<GuestErrorException>(() => IValues.For(sandbox).FailAsync("long"));

        Assert.Equal("System.InvalidOperationException", error.GuestExceptionType);
        Assert.InRange(error.Message.Length, 1_900, 2_100);
        Assert.EndsWith("€…", error.Message, StringComparison.Ordinal);
        Assert.Contains("   at Basics.Values.<FailAsync>", error.GuestStackTrace, StringComparison.Ordinal);
    }

    [KvmFact(Needs.Sse)]
    public async Task An_exception_of_a_host_function_crosses_as_an_identifier()
    {
        using Sandbox sandbox = Create();

        GuestErrorException error = await Assert.ThrowsAsync<GuestErrorException>(() => IValues.For(sandbox).FailAsync("host"));

        Assert.DoesNotContain("secret of the host", error.Message, StringComparison.Ordinal);
        Assert.Contains("HostFunction IMarket.Refuse failed: the host's log says why", error.Message, StringComparison.Ordinal);
        Assert.Equal("secret of the host", Assert.IsType<InvalidOperationException>(error.InnerException).Message);
    }

    private Sandbox Create(Market? market = null, Action<SandboxOptions>? configure = null) => basics.Image.CreateSandbox(options =>
    {
        options.HostFunctions.Add(market ?? new Market());
        configure?.Invoke(options);
    });
}
