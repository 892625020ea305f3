using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Watch;
using Microsoft.Extensions.Logging;

namespace Hyperlight;

/// <summary>
/// The checked options of a sandbox, as they were when the sandbox was created. A later change of the <see cref="SandboxOptions"/> changes
/// no sandbox. Each member has the meaning of the member of <see cref="SandboxOptions"/> with its name.
/// </summary>
internal sealed record SandboxSettings
{
    private SandboxSettings(SandboxOptions options)
    {
        HostFunctions = options.HostFunctions.Freeze();
        Mappings = [.. options.Mappings];
        AllowedMsrs = CheckMsrs(options.AllowedMsrs);
        CallTimeout = CheckTimeout(options.CallTimeout, nameof(options.CallTimeout));
        StartTimeout = CheckTimeout(options.StartTimeout, nameof(options.StartTimeout));
        LogLevel = options.LogLevel;
        MaxLogRecordsPerCall = options.MaxLogRecordsPerCall;
        MaxLogTextLength = options.MaxLogTextLength;
        MaxPrintedSizePerCall = options.MaxPrintedSizePerCall;
        MaxCrashDumpSize = options.MaxCrashDumpSize;
        MaxCrashDumpCount = options.MaxCrashDumpCount;
        CrashDumpDirectory = options.CrashDumpDirectory;
        Logger = options.Logger;
        Log = options.Log;
        Print = options.Print;
        DebugPrint = options.DebugPrint;
        PageTableRoots = options.PageTableRoots;
        Counter = options.Counter;
        TimeProvider = options.TimeProvider;
        Seed = options.Seed;
        Debugger = options.Debugger;
        Hypervisor = options.Hypervisor;
        Watchdog = options.Watchdog;
        Ticker = options.Ticker;
        if (!Enum.IsDefined(LogLevel))
        {
            throw new ArgumentOutOfRangeException(nameof(options), LogLevel, "A guest would panic at a log level other than 0 to 5.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(MaxLogRecordsPerCall);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxLogTextLength);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPrintedSizePerCall);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCrashDumpSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCrashDumpCount, 1);
    }

    /// <summary>
    /// Gets the functions that the caller added, which nobody changes. <c>HostPrint</c> is among them only if the caller added it.
    /// </summary>
    public Dictionary<string, HostFunction> HostFunctions { get; }

    /// <summary>Gets the files and regions to map before the guest's initialisation runs, in the order in which they were added.</summary>
    public ImmutableArray<DeclaredMapping> Mappings { get; }

    /// <summary>Gets the numbers of the registers in ascending order, each once.</summary>
    public ImmutableArray<uint> AllowedMsrs { get; }

    public TimeSpan CallTimeout { get; }

    public TimeSpan StartTimeout { get; }

    public GuestLogLevel LogLevel { get; }

    public int MaxLogRecordsPerCall { get; }

    public int MaxLogTextLength { get; }

    public long MaxPrintedSizePerCall { get; }

    public long MaxCrashDumpSize { get; }

    public int MaxCrashDumpCount { get; }

    public string? CrashDumpDirectory { get; }

    public ILogger? Logger { get; }

    public Action<GuestLogRecord>? Log { get; }

    public TextWriter? Print { get; }

    public TextWriter? DebugPrint { get; }

    public PageTableRootFinder? PageTableRoots { get; }

    public GuestCounter? Counter { get; }

    public TimeProvider TimeProvider { get; }

    public ulong? Seed { get; }

    public GuestDebugger? Debugger { get; }

    public IHypervisor Hypervisor { get; }

    public Watchdog Watchdog { get; }

    public Ticker Ticker { get; }

    /// <summary>Reads and checks options, which stay as they are.</summary>
    /// <exception cref="ArgumentException">An option has a value that it cannot have.</exception>
    public static SandboxSettings Of(SandboxOptions options) => new(options);

    /// <summary>Checks a timeout.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive and not <see cref="Timeout.InfiniteTimeSpan"/>.</exception>
    public static TimeSpan CheckTimeout(TimeSpan timeout, string name) => timeout == Timeout.InfiniteTimeSpan || timeout > TimeSpan.Zero
        ? timeout
        : throw new ArgumentOutOfRangeException(name, timeout, "A timeout must be positive or Timeout.InfiniteTimeSpan.");

    private static ImmutableArray<uint> CheckMsrs(IEnumerable<uint> msrs)
    {
        ImmutableArray<uint> distinct = [.. msrs.Distinct().Order()];
        return distinct.Length <= ModelSpecificRegister.MaxAllowed ? distinct : throw new ArgumentException(
            $"AllowedMsrs has {distinct.Length} registers; at most {ModelSpecificRegister.MaxAllowed} are allowed.", nameof(msrs));
    }
}
