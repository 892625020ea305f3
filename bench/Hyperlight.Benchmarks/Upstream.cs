namespace Hyperlight.Benchmarks;

/// <summary>
/// Figures of upstream's host v0.16.0 with its own test guest, measured beside ours on one quiet machine. docs/performance.md says how.
/// Times are medians in microseconds outside of KVM_RUN.
/// </summary>
internal static class Upstream
{
    public const double Call = 20.0;
    public const double HostCall = 30.4;
    public const double Restore = 80.5;
    public const double CreateFromSnapshot = 712;
    public const double CreateFromImage = 1447;
    public const double FirstCall = 48.5;
    public const double Load = 102;
    public const double LoadAndCreate = 1022;
    public const double ByteEcho = 104;
    public const double Snapshot = 339;
    public const double LargeSnapshot = 67_700;
    public const double CheckedOpen = 38_000;
    public const double FileToReady = 39_900;

    /// <summary>The private memory of a sandbox from a snapshot in KiB, with a heap of 128 KiB and 1,000 alive.</summary>
    public const double Memory = 80.4;

    /// <summary>The private memory of a sandbox from a snapshot in KiB, with a heap of 64 MiB and 100 alive.</summary>
    public const double LargeMemory = 208;

    /// <summary>A process that loads the guest, calls it once and ends, in milliseconds.</summary>
    public const double Process = 101;
}
