using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Hyperlight.Concurrency;

namespace Hyperlight.Telemetry;

/// <summary>The metrics of the meter <c>Hyperlight</c>. A test compares their names and units with docs/observability.md.</summary>
internal static class Measures
{
    // In seconds. A call takes microseconds, a start a millisecond. Both may take as long as their timeout.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
            0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    // The references are weak, so that a pool that nobody disposed is counted only as long as it lives.
    private static readonly ConditionalWeakTable<object, PoolDepth> Pools = [];

    private static long _sandboxes;

    /// <summary>Gets the meter.</summary>
    public static Meter Meter { get; } = new(Spans.SourceName, Spans.Version);

    public static Histogram<double> StartDuration { get; } = Meter.CreateHistogram(
        "hyperlight.sandbox.start.duration", "s", "How long starts of sandboxes took, failed ones included.", tags: null, Durations);

    public static Counter<long> SandboxesCreated { get; } = Meter.CreateCounter<long>(
        "hyperlight.sandbox.created", "{sandbox}", "Sandboxes that were started.");

    public static ObservableUpDownCounter<long> Sandboxes { get; } = Meter.CreateObservableUpDownCounter(
        "hyperlight.sandbox.count", static () => Volatile.Read(ref _sandboxes), "{sandbox}",
        "Sandboxes that were started and not yet disposed.");

    public static Histogram<double> SnapshotDuration { get; } = Meter.CreateHistogram(
        "hyperlight.snapshot.duration", "s", "How long snapshots of sandboxes took, failed ones included.", tags: null, Durations);

    public static Histogram<double> RestoreDuration { get; } = Meter.CreateHistogram(
        "hyperlight.sandbox.restore.duration", "s", "How long restores of sandboxes took, failed ones included.", tags: null, Durations);

    public static Histogram<double> CallDuration { get; } = Meter.CreateHistogram(
        "hyperlight.call.duration", "s", "How long calls of guest functions took, failed ones included.", tags: null, Durations);

    public static Histogram<double> HostCallDuration { get; } = Meter.CreateHistogram(
        "hyperlight.host_call.duration", "s", "How long host functions took that guests called, failed ones included.", tags: null,
        Durations);

    public static Counter<long> GuestErrors { get; } = Meter.CreateCounter<long>(
        "hyperlight.guest.errors", "{error}", "Errors that guests returned from calls.");

    public static Counter<long> Cancellations { get; } = Meter.CreateCounter<long>(
        "hyperlight.call.cancellations", "{cancellation}", "Starts and calls that were stopped by a token or by disposal.");

    public static Counter<long> Timeouts { get; } = Meter.CreateCounter<long>(
        "hyperlight.call.timeouts", "{timeout}", "Starts and calls that were stopped at their timeout.");

    public static Counter<long> DroppedLogRecords { get; } = Meter.CreateCounter<long>(
        "hyperlight.guest.log.dropped", "{record}", "Log records of guests beyond what a call may log.");

    public static Counter<long> DroppedText { get; } = Meter.CreateCounter<long>(
        "hyperlight.guest.print.dropped", "By", "Text that guests printed beyond what a call may print or a writer takes.");

    public static Counter<long> StaleKicks { get; } = Meter.CreateCounter<long>(
        "hyperlight.vcpu.stale_kicks", "{kick}", "Signals to stop a guest that came when it had already left by itself.");

    public static ObservableUpDownCounter<long> PoolReady { get; } = Meter.CreateObservableUpDownCounter(
        "hyperlight.pool.ready", static () => SumOfPools(depth => depth.Ready), "{sandbox}",
        "Sandboxes of pools that can be rented at once.");

    public static ObservableUpDownCounter<long> PoolRented { get; } = Meter.CreateObservableUpDownCounter(
        "hyperlight.pool.rented", static () => SumOfPools(depth => depth.Rented), "{sandbox}", "Sandboxes of pools that are rented.");

    public static ObservableUpDownCounter<long> PoolWaiting { get; } = Meter.CreateObservableUpDownCounter(
        "hyperlight.pool.waiting", static () => SumOfPools(depth => depth.Waiting), "{request}", "Rents that wait for a sandbox.");

    public static Counter<long> PoolReplaced { get; } = Meter.CreateCounter<long>(
        "hyperlight.pool.replaced", "{sandbox}", "Sandboxes that could not be used again after they were returned to their pool.");

    /// <summary>Counts a sandbox that was started.</summary>
    public static void AddSandbox(string guest)
    {
        Interlocked.Increment(ref _sandboxes);
        SandboxesCreated.Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));
    }

    /// <summary>Stops counting a sandbox that was disposed.</summary>
    public static void RemoveSandbox() => Interlocked.Decrement(ref _sandboxes);

    /// <summary>Counts an error that a guest returned.</summary>
    public static void AddGuestError(string guest, GuestErrorCode code)
    {
        if (GuestErrors.Enabled)
        {
            // The guest chooses the number, so only numbers with a name become a series.
            string name = Enum.GetName(code) ?? Tags.Other;
            GuestErrors.Add(1, new(Tags.Guest, guest), new(Tags.ErrorCode, name));
        }
    }

    /// <summary>Counts log records beyond the limit of a call.</summary>
    public static void AddDroppedLogRecords(string guest, long count) =>
        DroppedLogRecords.Add(count, new KeyValuePair<string, object?>(Tags.Guest, guest));

    /// <summary>Counts bytes of printed text beyond the limit of a call, or beyond what the writer takes.</summary>
    public static void AddDroppedText(string guest, long size) =>
        DroppedText.Add(size, new KeyValuePair<string, object?>(Tags.Guest, guest));

    /// <summary>Counts a start or call that was stopped at its timeout.</summary>
    public static void AddTimeout(string guest) => Timeouts.Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));

    /// <summary>Counts a start or call that was stopped by a token or by disposal.</summary>
    public static void AddCancellation(string guest) => Cancellations.Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));

    /// <summary>Starts counting a pool, until the pool is removed or nothing else refers to it.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="depth">The guest and the number of sandboxes of the pool.</param>
    public static void AddPool(object pool, PoolDepth depth) =>
        Steady.Wait(static entry => Pools.AddOrUpdate(entry.pool, entry.depth), (pool, depth));

    /// <summary>Stops counting a pool.</summary>
    public static void RemovePool(object pool) => Steady.Wait(static pool => Pools.Remove(pool), pool);

    /// <summary>Counts a sandbox that was returned to its pool and could not be set back.</summary>
    public static void AddReplacedSandbox(string guest) => PoolReplaced.Add(1, new KeyValuePair<string, object?>(Tags.Guest, guest));

    // Pools of the same guest are one series.
    private static IEnumerable<Measurement<long>> SumOfPools(Func<(int Ready, int Rented, int Waiting), long> count) => Pools
        .GroupBy(pool => pool.Value.GuestName, pool => pool.Value.Read())
        .Select(pools => new Measurement<long>(pools.Sum(count), new KeyValuePair<string, object?>(Tags.Guest, pools.Key)));
}
