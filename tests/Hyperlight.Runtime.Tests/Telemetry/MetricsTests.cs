using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Snapshots;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Telemetry;

[Collection(nameof(Alone))]
public sealed partial class MetricsTests : IDisposable
{
    private readonly Recorder _recorder = new(spans: false);

    public void Dispose() => _recorder.Dispose();

    [KvmFact]
    public void Sandboxes_are_counted_as_they_come_and_go()
    {
        using TestGuest guest = new("hello");
        double before = _recorder.ValuesOf("hyperlight.sandbox.count").Last();

        using (guest.Start())
        using (guest.Start())
        {
            Assert.Equal(before + 2, _recorder.ValuesOf("hyperlight.sandbox.count").Last());
        }

        Assert.Equal(before, _recorder.ValuesOf("hyperlight.sandbox.count").Last());
        Assert.Equal(["hyperlight.guest.name=hello", "hyperlight.guest.name=hello"], _recorder.TagsOf("hyperlight.sandbox.created"));
        Assert.Equal(
            ["hyperlight.guest.name=hello hyperlight.start.source=image", "hyperlight.guest.name=hello hyperlight.start.source=image"],
            _recorder.TagsOf("hyperlight.sandbox.start.duration"));
    }

    [KvmFact]
    public void Snapshots_restores_and_starts_from_snapshots_have_a_duration_and_an_error_when_they_fail()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Block", () => { }));
        sandbox.Call("SetDataWord", 1);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Same(snapshot.Content, sandbox.TakeContent());
        sandbox.Restore(snapshot);
        using Sandbox other = guest.Start();
        Assert.Throws<SnapshotMismatchException>(() => other.Restore(snapshot));
        Assert.Throws<SnapshotMismatchException>(() => snapshot.CreateSandbox());

        Assert.Equal(["hyperlight.guest.name=misbehave"], _recorder.TagsOf("hyperlight.snapshot.duration"));
        Assert.Equal(
            ["hyperlight.guest.name=misbehave", "error.type=Hyperlight.SnapshotMismatchException hyperlight.guest.name=misbehave"],
            _recorder.TagsOf("hyperlight.sandbox.restore.duration"));
        Assert.Equal(
            "error.type=Hyperlight.SnapshotMismatchException hyperlight.guest.name=misbehave hyperlight.start.source=snapshot",
            _recorder.TagsOf("hyperlight.sandbox.start.duration").Last());
    }

    [KvmFact]
    public void A_start_that_fails_creates_no_sandbox()
    {
        using ScriptedGuest guest = new();
        guest.Out(102, 0xFF_0D_02);
        double before = _recorder.ValuesOf("hyperlight.sandbox.count").Last();

        Assert.Throws<GuestAbortedException>(() => guest.Start());

        Assert.Equal(before, _recorder.ValuesOf("hyperlight.sandbox.count").Last());
        Assert.Empty(_recorder.TagsOf("hyperlight.sandbox.created"));
    }

    [KvmFact]
    public void Calls_have_a_duration_a_function_and_an_error_when_they_fail()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        sandbox.Call<int>("DataWord");
        Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 1, "x"));
        Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 1, "x"));

        Assert.Equal(
            [
                "hyperlight.function.name=DataWord hyperlight.guest.name=misbehave",
                "error.type=Hyperlight.GuestErrorException hyperlight.function.name=ReturnError hyperlight.guest.name=misbehave",
                "error.type=Hyperlight.GuestAbortedException hyperlight.function.name=Abort hyperlight.guest.name=misbehave",
            ],
            _recorder.TagsOf("hyperlight.call.duration"));
        Assert.All(_recorder.ValuesOf("hyperlight.call.duration"), seconds => Assert.InRange(seconds, 1e-7, 60));
    }

    [KvmFact]
    public void Errors_of_guests_are_counted_by_code_and_unknown_codes_are_one()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();

        Assert.Throws<GuestErrorException>(() => sandbox.Call("Missing"));
        Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 12345, "x"));
        Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 54321, "x"));

        Assert.Equal(
            ["FunctionNotFound", "_OTHER", "_OTHER"],
            _recorder.TagsOf("hyperlight.guest.errors").Select(tags => tags.Split(' ')[0]["hyperlight.guest.error.code=".Length..]));
    }

    [KvmFact]
    public void Timeouts_and_cancellations_are_told_apart()
    {
        using TestGuest guest = new("misbehave");
        using CancellationTokenSource source = new();
        using Sandbox late = guest.Start();
        using Sandbox unwanted = guest.Start(options => options.HostFunctions.Add("Block", source.Cancel));

        Assert.Throws<TimeoutException>(() => late.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(20) }));
        Assert.Throws<OperationCanceledException>(
            () => unwanted.Call("SpinInHostCall", new CallOptions { CancellationToken = source.Token }));

        Assert.Equal([1], _recorder.ValuesOf("hyperlight.call.timeouts"));
        Assert.Equal([1], _recorder.ValuesOf("hyperlight.call.cancellations"));
    }

    [KvmFact]
    public void Host_calls_have_a_duration_only_for_functions_the_host_has()
    {
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("HostAdd", (int a, int b) => checked(a + b)));

        sandbox.Call<int>("Add", 1, 2);
        Assert.Throws<GuestErrorException>(() => sandbox.Call<int>("Add", int.MaxValue, 1));
        Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));

        Assert.Equal(
            [
                "hyperlight.function.name=HostAdd hyperlight.guest.name=hello",
                "error.type=System.OverflowException hyperlight.function.name=HostAdd hyperlight.guest.name=hello",
            ],
            _recorder.TagsOf("hyperlight.host_call.duration"));
    }

    [KvmFact]
    public void Log_records_beyond_the_limit_are_counted()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => (options.Log, options.MaxLogRecordsPerCall) = (_ => { }, 2));

        sandbox.Call<int>("LogFlood", 2);
        sandbox.Call<int>("LogFlood", 5);

        Assert.Equal([3], _recorder.ValuesOf("hyperlight.guest.log.dropped"));
    }

    [KvmFact(Needs.Kvm)]
    public void A_kick_that_comes_too_late_is_counted()
    {
        Assert.SkipWhen(
            Environment.ProcessorCount == 1, "one processor: the thread that kicks and the one it kicks hardly ever run at the same time");

        // out 0x10, al; jmp to the out
        using TinyGuest guest = TinyGuest.RealMode(TestHypervisor.Kvm, 0xE6, 0x10, 0xEB, 0xFC);
        Random random = new(1);

        // A kick comes too late by chance. In this many attempts at least one does.
        for (int i = 0; i < 100_000 && _recorder.ValuesOf("hyperlight.vcpu.stale_kicks").Count == 0; i++)
        {
            int spins = random.Next(2000);
            Task cancel = Task.Run(
                () =>
                {
                    Thread.SpinWait(spins);
                    guest.Machine.Cancel();
                },
                CancellationToken.None);
            while (guest.Machine.Run().Kind != VirtualMachineExitKind.Canceled)
            {
            }

            cancel.Wait(CancellationToken.None);
            guest.Machine.ClearCancel();
        }

        Assert.NotEmpty(_recorder.ValuesOf("hyperlight.vcpu.stale_kicks"));
    }

    [Fact]
    public void Every_instrument_is_in_the_documentation_and_the_other_way_round()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "observability.md"));
        IEnumerable<string> documented = InstrumentRow().Matches(page).Select(row => $"{row.Groups[1]} {row.Groups[2]} {row.Groups[3]}");

        // Creates the instruments if no other test has done so.
        Assert.Equal("Hyperlight", Hyperlight.Telemetry.Measures.Meter.Name);
        Assert.Equal(
            documented.Order(StringComparer.Ordinal),
            _recorder.Instruments.Values.Select(instrument => $"{instrument.Name} {KindOf(instrument)} {instrument.Unit}")
                .Order(StringComparer.Ordinal));
    }

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> => "counter",
        ObservableUpDownCounter<long> => "up-down counter",
        Histogram<double> => "histogram",
        _ => instrument.GetType().Name,
    };

    [GeneratedRegex(@"^\| `(hyperlight\.[a-z_.]+)` \| ([a-z -]+) \| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();
}
