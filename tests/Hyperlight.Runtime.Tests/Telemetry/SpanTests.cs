using System.Diagnostics;
using Hyperlight.Runtime.Tests.Guests;

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

        Assert.Equal(["start hello", "host_call HostAdd", "call Add"], _recorder.Spans.Select(span => span.DisplayName));
        Assert.Equal([ActivityKind.Internal, ActivityKind.Internal, ActivityKind.Client], _recorder.Spans.Select(span => span.Kind));
        Assert.Equal(_recorder.Spans[2].SpanId, _recorder.Spans[1].ParentSpanId);
        Assert.Equal(_recorder.Spans[1], inside);
        Assert.All(_recorder.Spans, span => Assert.Equal("hello", span.GetTagItem("hyperlight.guest.name")));
        Assert.Equal([null, "HostAdd", "Add"], _recorder.Spans.Select(span => span.GetTagItem("hyperlight.function.name")));
        Assert.All(_recorder.Spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
        Assert.Null(Activity.Current);
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

        Activity start = Assert.Single(_recorder.Spans);
        Assert.Equal(("start hello", "System.OperationCanceledException"), (start.DisplayName, start.GetTagItem("error.type")));
    }
}
