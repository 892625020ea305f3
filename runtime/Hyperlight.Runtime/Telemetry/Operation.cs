using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hyperlight.Telemetry;

/// <summary>
/// A start, call, host call, snapshot or restore while it runs, as a span and as a measure of its duration. It costs next to nothing, and no
/// allocation, where nobody listens. Every operation that was begun is ended with <see cref="End"/>. None of its members throws:
/// a listener that does, or that waits when its thread is interrupted, decides nothing of what is measured.
/// </summary>
internal readonly struct Operation
{
    private readonly Activity? _span;
    private readonly Histogram<double> _duration;
    private readonly string _guest;

    // What it has beside the guest, without a key when that is nothing.
    private readonly KeyValuePair<string, object?> _detail;
    private readonly long _begin;

    private Operation(Activity? span, Histogram<double> duration, string guest, KeyValuePair<string, object?> detail)
    {
        _span = span;
        _duration = duration;
        _guest = guest;
        _detail = detail;
        _begin = duration.Enabled ? Stopwatch.GetTimestamp() : 0;
    }

    /// <summary>A sandbox starts, from <see cref="Tags.Image"/> or <see cref="Tags.Snapshot"/>.</summary>
    public static Operation Start(string guest, string source) => Begin("start ", guest, ActivityKind.Internal, Measures.StartDuration, guest, new(Tags.StartSource, source));

    /// <summary>The host calls a function of the guest.</summary>
    public static Operation Call(string guest, string function) =>
        Begin("call ", function, ActivityKind.Client, Measures.CallDuration, guest, new(Tags.Function, function));

    /// <summary>The guest calls a function of the host. The name must be one the host gave, not just one the guest asks for.</summary>
    public static Operation HostCall(string guest, string function) =>
        Begin("host_call ", function, ActivityKind.Internal, Measures.HostCallDuration, guest, new(Tags.Function, function));

    /// <summary>A snapshot is taken.</summary>
    public static Operation Snapshot(string guest) => Begin("snapshot ", guest, ActivityKind.Internal, Measures.SnapshotDuration, guest, detail: default);

    /// <summary>A sandbox is set back to a snapshot.</summary>
    public static Operation Restore(string guest) => Begin("restore ", guest, ActivityKind.Internal, Measures.RestoreDuration, guest, detail: default);

    /// <summary>Ends the operation.</summary>
    /// <param name="failure">The failure of the operation; <c>null</c> if it succeeded.</param>
    public void End(Exception? failure)
    {
        string? error = failure?.GetType().FullName;
        if (_begin != 0)
        {
            Record(error);
        }

        if (_span is not null)
        {
            EndSpan(_span, failure, error);
        }
    }

    private static Operation Begin(
        string what, string name, ActivityKind kind, Histogram<double> duration, string guest, KeyValuePair<string, object?> detail)
    {
        Activity? span = Spans.Source.HasListeners() ? StartSpan(what + name, kind)?.SetTag(Tags.Guest, guest) : null;
        if (detail.Key is not null)
        {
            span?.SetTag(detail.Key, detail.Value);
        }

        return new(span, duration, guest, detail);
    }

    private static Activity? StartSpan(string name, ActivityKind kind)
    {
        Activity? outer = Activity.Current;
        try
        {
            return Spans.Source.StartActivity(name, kind);
        }
#pragma warning disable CA1031 // Whatever a listener throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // The span may have become the current one, and nobody would end it.
            Activity.Current = outer;
            Ignore(exception);
            return null;
        }
    }

    // A wait of a listener took the interrupt that was meant for the program's own next wait.
    private static void Ignore(Exception exception)
    {
        if (exception is ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private void Record(string? error)
    {
        try
        {
            TagList tags = new() { { Tags.Guest, _guest } };
            if (_detail.Key is not null)
            {
                tags.Add(_detail);
            }

            if (error is not null)
            {
                tags.Add(Tags.ErrorType, error);
            }

            _duration.Record(Stopwatch.GetElapsedTime(_begin).TotalSeconds, tags);
        }
#pragma warning disable CA1031 // Whatever a listener throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Ignore(exception);
        }
    }

    private static void EndSpan(Activity span, Exception? failure, string? error)
    {
        if (failure is not null)
        {
            span.SetTag(Tags.ErrorType, error).SetStatus(ActivityStatusCode.Error, ExceptionText.Of(failure));
        }

        try
        {
            span.Dispose();
        }
#pragma warning disable CA1031 // Whatever a listener throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Ignore(exception);
        }
    }
}
