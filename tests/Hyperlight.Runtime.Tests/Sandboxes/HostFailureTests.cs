using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests exceptions of the program's own code that a sandbox runs: host functions and log sinks.</summary>
[Wine]
public sealed class HostFailureTests
{
    private const string Secret = "Could not find file '/etc/keys/signing.pem' for Server=db;Password=hunter2";

    [KvmFact]
    public void A_guest_learns_an_identifier_and_the_host_s_log_and_exception_have_it_with_the_whole_failure()
    {
        RecordingLogger logger = new();
        FileNotFoundException thrown = new(Secret);
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start(options =>
        {
            options.Logger = logger;
            options.HostFunctions.Add("Now", string () => throw thrown);
        });

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));

        RecordingLogger.Entry entry = Assert.Single(logger.Entries);
        Assert.Equal((LogLevel.Warning, 5, "HostFunctionFailed"), (entry.Level, entry.Event.Id, entry.Event.Name));
        Assert.Equal(("hello", "Now"), (entry.Fields["guest_name"], entry.Fields["host_function"]));
        string identifier = Assert.IsType<string>(entry.Fields["failure_id"]);
        Assert.Same(thrown, entry.Exception);
        Assert.Same(thrown, error.InnerException);
        Assert.Equal(
            (GuestErrorCode.HostFunctionError, $"HostFunction Now failed: the host's log says why under {identifier}"),
            (error.Code, error.GuestMessage));
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void A_log_without_a_logger_has_the_identifier_and_the_failure_too()
    {
        List<GuestLogRecord> records = [];
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start(options =>
        {
            options.Log = records.Add;
            options.HostFunctions.Add("Now", string () => throw new FileNotFoundException(Secret));
        });

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));

        string identifier = error.GuestMessage.Split(' ')[^1];
        Assert.Equal($"Host function Now failed, {identifier}: FileNotFoundException: {Secret}", Assert.Single(records).Message);
    }

    [KvmFact]
    public void A_failure_that_a_guest_forgets_is_not_the_cause_of_a_later_error()
    {
        bool fails = true;
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start(
            options => options.HostFunctions.Add("Now", () => fails ? throw new InvalidOperationException() : "noon"));
        Assert.IsType<InvalidOperationException>(
            Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World")).InnerException);
        fails = false;

        Assert.Equal("World, it is noon", sandbox.Call<string>("Greet", "World"));
        Assert.Null(Assert.Throws<GuestErrorException>(() => sandbox.Call("NoSuchFunction")).InnerException);
    }

    [KvmFact]
    public void Failures_without_end_are_logged_as_often_as_a_guest_may_log()
    {
        RecordingLogger logger = new();
        using ScriptedGuest guest = new();
        guest.Halt();
        for (int i = 0; i < 5; i++)
        {
            guest.Send(RecordedMessages.Get("call-host-hostprint"), 101);
        }

        guest.Return(RecordedMessages.Get("result-int"));
        using Sandbox sandbox = guest.Start(options =>
        {
            (options.Logger, options.MaxLogRecordsPerCall) = (logger, 2);
            options.HostFunctions.Add("HostPrint", int (string _) => throw new InvalidOperationException(Secret));
        });

        sandbox.Call<int>("F");

        Assert.Equal(["HostFunctionFailed", "HostFunctionFailed", "GuestLogDropped"], logger.Entries.Select(entry => entry.Event.Name));
        Assert.Equal(3L, logger.Entries[^1].Fields["dropped_count"]);
    }

    [KvmFact]
    public void An_exception_without_a_text_is_a_failure_like_any_other()
    {
        using TestGuest guest = new("hello");
        foreach (Exception odd in (Exception[])[new OddException(null), new OddException(""), new OddVisibleException()])
        {
            using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Now", string () => throw odd));

            GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));

            Assert.Equal(GuestErrorCode.HostFunctionError, error.Code);
            Assert.NotEmpty(error.GuestMessage);
            Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        }
    }

    [KvmFact]
    public void A_log_sink_that_throws_whatever_it_is_poisons_the_sandbox_whose_call_it_ended()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(
            options => (options.LogLevel, options.Log) = (GuestLogLevel.Trace, _ => throw new OddException(null)));

        Assert.Throws<OddException>(() => sandbox.Call("LogMessage", 1, "x"));

        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        Assert.Contains(
            nameof(OddException),
            Assert.Throws<SandboxPoisonedException>(() => sandbox.Call<int>("DataWord")).Message,
            StringComparison.Ordinal);
    }

    private sealed class OddException(string? text) : Exception
    {
        public override string Message => text!;
    }

    private sealed class OddVisibleException() : GuestVisibleException("")
    {
        public override string Message => throw new InvalidOperationException(Secret);
    }
}
