using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hyperlight.Telemetry;

/// <summary>
/// A start, call, host call, snapshot or restore while it runs, as a span and as a measure of its duration. If nobody listens, the
/// operation allocates nothing and costs almost no time. Each operation that was begun is ended with <see cref="End"/>. No member throws,
/// even if a listener throws or waits while its thread is interrupted.
/// </summary>
internal readonly struct Operation
{
    private readonly Activity? _span;
    private readonly Histogram<double> _duration;
    private readonly string _guest;

    // The tag besides the name of the guest. Without such a tag, the key is null.
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

    /// <summary>Begins the start of a sandbox.</summary>
    /// <param name="guest">The name of the guest.</param>
    /// <param name="source">The origin of the sandbox: <see cref="Tags.Image"/> or <see cref="Tags.Snapshot"/>.</param>
    public static Operation Start(string guest, string source) =>
        Begin("start ", guest, ActivityKind.Internal, Measures.StartDuration, guest, new(Tags.StartSource, source));

    /// <summary>Begins a call of a guest function.</summary>
    public static Operation Call(string guest, string function) =>
        Begin("call ", function, ActivityKind.Client, Measures.CallDuration, guest, new(Tags.Function, function));

    /// <summary>Begins a call of a host function.</summary>
    /// <param name="guest">The name of the guest.</param>
    /// <param name="function">The name under which the host added the function, never a name that only the guest chose.</param>
    public static Operation HostCall(string guest, string function) =>
        Begin("host_call ", function, ActivityKind.Internal, Measures.HostCallDuration, guest, new(Tags.Function, function));

    /// <summary>Begins the taking of a snapshot.</summary>
    public static Operation Snapshot(string guest) =>
        Begin("snapshot ", guest, ActivityKind.Internal, Measures.SnapshotDuration, guest, detail: default);

    /// <summary>Begins a restore.</summary>
    public static Operation Restore(string guest) =>
        Begin("restore ", guest, ActivityKind.Internal, Measures.RestoreDuration, guest, detail: default);

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
#pragma warning disable CA1031 // A listener may throw any exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // The span may have become the current span, which nothing else would end.
            Activity.Current = outer;
            Ignore(exception);
            return null;
        }
    }

    // If a wait of the listener was interrupted, the interrupt was meant for the program's own next wait.
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
#pragma warning disable CA1031 // A listener may throw any exception.
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
#pragma warning disable CA1031 // A listener may throw any exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Ignore(exception);
        }
    }
}
