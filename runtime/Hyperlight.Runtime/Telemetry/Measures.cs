using System.Diagnostics.Metrics;

namespace Hyperlight.Telemetry;

/// <summary>The metrics of the meter <c>Hyperlight</c>. Their names and units are listed in docs/observability.md, which a test compares.</summary>
internal static class Measures
{
    // Seconds. A call takes microseconds, a start a millisecond; both may take as long as their timeout.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static long _sandboxes;

    /// <summary>The meter.</summary>
    public static Meter Meter { get; } = new(Spans.SourceName, Spans.Version);

    public static Histogram<double> StartDuration { get; } = Meter.CreateHistogram(
        "hyperlight.sandbox.start.duration", "s", "How long starts of sandboxes took, failed ones included.", tags: null, Durations);

    public static Counter<long> SandboxesCreated { get; } = Meter.CreateCounter<long>(
        "hyperlight.sandbox.created", "{sandbox}", "Sandboxes that were started.");

    public static ObservableUpDownCounter<long> Sandboxes { get; } = Meter.CreateObservableUpDownCounter(
        "hyperlight.sandbox.count", static () => Volatile.Read(ref _sandboxes), "{sandbox}", "Sandboxes that were started and not yet disposed.");

    public static Histogram<double> CallDuration { get; } = Meter.CreateHistogram(
        "hyperlight.call.duration", "s", "How long calls of guest functions took, failed ones included.", tags: null, Durations);

    public static Histogram<double> HostCallDuration { get; } = Meter.CreateHistogram(
        "hyperlight.host_call.duration", "s", "How long host functions took that guests called, failed ones included.", tags: null, Durations);

    public static Counter<long> GuestErrors { get; } = Meter.CreateCounter<long>(
        "hyperlight.guest.errors", "{error}", "Errors that guests returned from calls.");

    public static Counter<long> Cancellations { get; } = Meter.CreateCounter<long>(
        "hyperlight.call.cancellations", "{cancellation}", "Starts and calls that were stopped by a token or by disposal.");

    public static Counter<long> Timeouts { get; } = Meter.CreateCounter<long>(
        "hyperlight.call.timeouts", "{timeout}", "Starts and calls that were stopped at their timeout.");

    public static Counter<long> DroppedLogRecords { get; } = Meter.CreateCounter<long>(
        "hyperlight.guest.log.dropped", "{record}", "Log records of guests beyond what a call may log.");

    public static Counter<long> StaleKicks { get; } = Meter.CreateCounter<long>(
        "hyperlight.vcpu.stale_kicks", "{kick}", "Signals to stop a guest that came when it had already left by itself.");

    /// <summary>A sandbox was started.</summary>
    public static void AddSandbox(string guest)
    {
        Interlocked.Increment(ref _sandboxes);
        SandboxesCreated.Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));
    }

    /// <summary>A sandbox that was started is gone.</summary>
    public static void RemoveSandbox() => Interlocked.Decrement(ref _sandboxes);

    /// <summary>A guest returned an error.</summary>
    public static void AddGuestError(string guest, GuestErrorCode code)
    {
        if (GuestErrors.Enabled)
        {
            // The number is the guest's choice: only those with a name become a series of their own.
            string name = Enum.GetName(code) ?? Tags.Other;
            GuestErrors.Add(1, new(Tags.Guest, guest), new(Tags.ErrorCode, name));
        }
    }

    /// <summary>A guest logged more than it may.</summary>
    public static void AddDroppedLogRecords(string guest, long count) =>
        DroppedLogRecords.Add(count, new KeyValuePair<string, object?>(Tags.Guest, guest));

    /// <summary>A start or call was stopped from outside.</summary>
    public static void AddStop(string guest, StopReason reason) =>
        (reason == StopReason.TimedOut ? Timeouts : Cancellations).Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));
}
