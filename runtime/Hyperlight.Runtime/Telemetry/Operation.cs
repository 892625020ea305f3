using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hyperlight.Telemetry;

/// <summary>
/// A start, call or host call while it runs, as a span and as a measure of its duration. It costs next to nothing, and no allocation,
/// where nobody listens. Every operation that was begun is ended with <see cref="Succeed"/> or <see cref="Fail"/>.
/// </summary>
internal readonly struct Operation
{
    // A guest's words may be part of a message, and as long as its output buffer is large.
    private const int MaxStatusLength = 1024;

    private readonly Activity? _span;
    private readonly Histogram<double> _duration;
    private readonly string _guest;
    private readonly string? _function;
    private readonly long _begin;

    private Operation(Activity? span, Histogram<double> duration, string guest, string? function)
    {
        _span = span;
        _duration = duration;
        _guest = guest;
        _function = function;
        _begin = duration.Enabled ? Stopwatch.GetTimestamp() : 0;
    }

    /// <summary>A sandbox starts.</summary>
    public static Operation Start(string guest) =>
        new(Spans.Source.HasListeners() ? Span("start " + guest, ActivityKind.Internal, guest, function: null) : null, Measures.StartDuration, guest, null);

    /// <summary>The host calls a function of the guest.</summary>
    public static Operation Call(string guest, string function) =>
        new(Spans.Source.HasListeners() ? Span("call " + function, ActivityKind.Client, guest, function) : null, Measures.CallDuration, guest, function);

    /// <summary>The guest calls a function of the host. The name must be one the host gave, not just one the guest asks for.</summary>
    public static Operation HostCall(string guest, string function) => new(
        Spans.Source.HasListeners() ? Span("host_call " + function, ActivityKind.Internal, guest, function) : null, Measures.HostCallDuration, guest, function);

    /// <summary>It ended well.</summary>
    public void Succeed() => End(failure: null);

    /// <summary>It failed.</summary>
    public void Fail(Exception failure) => End(failure);

    private static Activity? Span(string name, ActivityKind kind, string guest, string? function) =>
        Spans.Source.StartActivity(name, kind)?.SetTag(Tags.Guest, guest).SetTag(Tags.Function, function);

    private void End(Exception? failure)
    {
        string? error = failure?.GetType().FullName;
        if (_begin != 0)
        {
            TagList tags = new() { { Tags.Guest, _guest } };
            if (_function is not null)
            {
                tags.Add(Tags.Function, _function);
            }

            if (error is not null)
            {
                tags.Add(Tags.ErrorType, error);
            }

            _duration.Record(Stopwatch.GetElapsedTime(_begin).TotalSeconds, tags);
        }

        if (_span is null)
        {
            return;
        }

        if (failure is not null)
        {
            string status = failure.Message;
            _span.SetTag(Tags.ErrorType, error).SetStatus(ActivityStatusCode.Error, status.Length <= MaxStatusLength ? status : status[..MaxStatusLength]);
        }

        _span.Dispose();
    }
}
