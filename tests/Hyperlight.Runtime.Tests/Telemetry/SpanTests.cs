using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hyperlight.Baking;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Pool;

namespace Hyperlight.Runtime.Tests.Telemetry;

[Collection(nameof(Alone))]
public sealed class SpanTests : IDisposable
{
    private readonly Recorder _recorder = new(metrics: false);

    public void Dispose() => _recorder.Dispose();

    [KvmFact]
    public void Start_call_and_host_call_are_spans_and_the_last_is_the_child_of_its_call()
    {
        using TestGuest guest = new("hello");
        Activity? inside = null;
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("HostAdd", (int a, int b) =>
        {
            inside = Activity.Current;
            return a + b;
        }));

        sandbox.Call<int>("Add", 1, 2);

        List<Activity> spans = [.. _recorder.Spans.Where(span => span.DisplayName != "build hello")];
        Assert.Equal(["start hello", "host_call HostAdd", "call Add"], spans.Select(span => span.DisplayName));
        Assert.Equal([ActivityKind.Internal, ActivityKind.Internal, ActivityKind.Client], spans.Select(span => span.Kind));
        Assert.Equal(spans[2].SpanId, spans[1].ParentSpanId);
        Assert.Equal(spans[1], inside);
        Assert.All(spans, span => Assert.Equal("hello", span.GetTagItem("hyperlight.guest.name")));
        Assert.Equal([null, "HostAdd", "Add"], spans.Select(span => span.GetTagItem("hyperlight.function.name")));
        Assert.All(spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
        Assert.Null(Activity.Current);
    }

    [KvmFact]
    public void Build_snapshot_restore_and_a_start_from_a_snapshot_are_spans()
    {
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);
        using Sandbox other = snapshot.CreateSandbox();

        Assert.Equal(
            ["build hello", "start hello", "snapshot hello", "restore hello", "start hello"],
            _recorder.Spans.Select(span => span.DisplayName));
        Assert.Equal([null, "image", null, null, "snapshot"], _recorder.Spans.Select(span => span.GetTagItem("hyperlight.start.source")));
        Assert.All(
            _recorder.Spans, span => Assert.Equal((ActivityKind.Internal, "hello"), (span.Kind, span.GetTagItem("hyperlight.guest.name"))));
    }

    [KvmFact]
    public void A_start_from_the_snapshot_of_an_image_is_one_from_a_snapshot()
    {
        using TestGuest guest = new("hello");
        using (Sandbox sandbox = guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(guest.Image.Directory, "snapshot");
        }

        using GuestImage image = GuestImage.Open(guest.Image.Directory);
        using Sandbox warm = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ("start hello", "snapshot"), (_recorder.Spans[^1].DisplayName, _recorder.Spans[^1].GetTagItem("hyperlight.start.source")));
    }

    [Fact]
    public void A_build_that_fails_has_the_code_of_its_first_error()
    {
        List<Finding> findings = [];

        Assert.Null(GuestBaker.Bake(new() { GuestName = "empty", Guest = Array.Empty<byte>() }, findings));

        Activity build = Assert.Single(_recorder.Spans);
        Assert.Equal(("build empty", findings[0].Rule.Code), (build.DisplayName, build.GetTagItem("error.type")));
        Assert.Equal((ActivityStatusCode.Error, findings[0].ToString()), (build.Status, build.StatusDescription));
    }

    [KvmFact]
    public void A_restore_that_fails_is_a_span_with_an_error()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();

        PoolGuest.Ruin(sandbox);

        Activity restore = _recorder.Spans.Last();
        Assert.Equal(("restore misbehave", ActivityStatusCode.Error), (restore.DisplayName, restore.Status));
        Assert.Equal("Hyperlight.SandboxUnrecoverableException", restore.GetTagItem("error.type"));
    }

    [KvmFact]
    public void A_failure_is_in_the_status()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();

        GuestAbortedException failure = Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 7, "gone"));

        Activity call = _recorder.Spans.Last();
        Assert.Equal((ActivityStatusCode.Error, failure.Message), (call.Status, call.StatusDescription));
        Assert.Equal("Hyperlight.GuestAbortedException", call.GetTagItem("error.type"));
    }

    [KvmFact]
    public async Task A_call_on_a_thread_of_its_own_is_the_child_of_its_caller()
    {
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start();
        using Activity caller = new Activity("caller").Start();

        await sandbox.CallAsync<int>("EchoInt", 1);

        Assert.Equal(caller.SpanId, _recorder.Spans.Last().ParentSpanId);
    }

    [KvmFact]
    public void A_start_that_fails_is_a_span_with_an_error()
    {
        using TestGuest guest = new("hello");

        Assert.Throws<OperationCanceledException>(() => guest.Image.CreateSandbox(cancellationToken: new(canceled: true)));

        Activity start = _recorder.Spans.Last();
        Assert.Equal(("start hello", "System.OperationCanceledException"), (start.DisplayName, start.GetTagItem("error.type")));
    }

    [KvmFact]
    public void A_listener_that_throws_changes_nothing_of_what_it_listens_to()
    {
        using TestGuest guest = new("hello");
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "Hyperlight",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => throw new InvalidDataException(),
            ActivityStopped = _ => throw new InvalidDataException(),
        };
        ActivitySource.AddActivityListener(listener);
        using MeterListener meter = new() { InstrumentPublished = (instrument, meter) => meter.EnableMeasurementEvents(instrument) };
        meter.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidDataException());
        meter.Start();

        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Equal(1, sandbox.Call<int>("Print", "x"));
        sandbox.Restore(snapshot);
        Assert.Throws<GuestErrorException>(() => sandbox.Call("NoSuchFunction"));

        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Null(Activity.Current);
    }
}
