namespace Hyperlight;

/// <summary>How a sandbox is set up.</summary>
public sealed class SandboxOptions
{
    /// <summary>The host's functions that the guest may call. <c>HostPrint</c> is there without being added.</summary>
    public HostFunctions HostFunctions { get; } = new();

    /// <summary>The longest a call may take; 30 seconds unless set, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest the guest's initialisation may take; 30 seconds unless set, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What the guest is asked to log, and at most passed on to <see cref="Log"/>.</summary>
    public GuestLogLevel LogLevel { get; set; } = GuestLogLevel.Error;

    /// <summary>
    /// Model-specific registers (MSRs) of the processor that the guest may read and write, at most 16; none unless added. Using any other raises a
    /// processor exception in the guest, as far as the host's KVM can filter them (Linux 5.10). A restore sets them back.
    /// </summary>
    public ISet<uint> AllowedMsrs { get; } = new HashSet<uint>();

    /// <summary>Receives the guest's log records, on the thread that called into the guest. What it throws fails that call and poisons the sandbox.</summary>
    public Action<GuestLogRecord>? Log { get; set; }

    /// <summary>Receives what the guest prints through <c>HostPrint</c>; standard output unless set.</summary>
    public TextWriter Print { get; set; } = Console.Out;

    /// <summary>Receives what the guest prints to its debug console, line by line; standard error unless set.</summary>
    public TextWriter DebugPrint { get; set; } = Console.Error;
}
