using Hyperlight.Hypervisors;
using Hyperlight.Watch;
using Microsoft.Extensions.Logging;

namespace Hyperlight;

/// <summary>The options of a sandbox. They are read once, when the sandbox is created: changing them later changes no sandbox that is there.</summary>
public sealed class SandboxOptions
{
    /// <summary>The host's functions that the guest may call. <c>HostPrint</c> is there without being added.</summary>
    public HostFunctions HostFunctions { get; } = new();

    /// <summary>The longest a call may take; 30 seconds unless set, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest the guest's initialisation may take; 30 seconds unless set, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the sandbox starts from the snapshot that the build took of the guest, where the image has one that can be used here; true unless set. No
    /// code of the guest runs then, and <see cref="StartTimeout"/> does not matter.
    /// </summary>
    public bool UseSnapshot { get; set; } = true;

    /// <summary>What the guest is given to derive random numbers from; random where null.</summary>
    internal ulong? Seed { get; set; }

    /// <summary>The hypervisor that the sandbox runs on.</summary>
    internal IHypervisor Hypervisor { get; set; } = Hyperlight.Hypervisor.Chosen;

    /// <summary>The watchdog that ends calls at their timeout.</summary>
    internal Watchdog Watchdog { get; set; } = Watchdog.Shared;

    /// <summary>The ticker that runs the guest's timer.</summary>
    internal Ticker Ticker { get; set; } = Hyperlight.Hypervisor.Ticker;

    /// <summary>What the guest is asked to log, and at most passed on to <see cref="Logger"/> and <see cref="Log"/>.</summary>
    public GuestLogLevel LogLevel { get; set; } = GuestLogLevel.Error;

    /// <summary>
    /// Finds the roots of page tables that a snapshot keeps, for a guest with several address spaces; none unless set, and then a snapshot keeps the
    /// address space that the guest is in. What it throws fails <see cref="Sandbox.TakeSnapshot"/>. Guests without paging have no roots.
    /// </summary>
    public PageTableRootFinder? PageTableRoots { get; set; }

    /// <summary>Gets what <see cref="MapFile"/> and <see cref="MapRegion"/> were given.</summary>
    internal List<DeclaredMapping> Mappings { get; } = [];

    /// <summary>
    /// Model-specific registers (MSRs) of the processor that the guest may read and write, at most 16; none unless added. Using any other raises a
    /// processor exception in the guest, as far as the host's KVM can filter them (Linux 5.10). A restore sets them back.
    /// </summary>
    public ISet<uint> AllowedMsrs { get; } = new HashSet<uint>();

    /// <summary>
    /// Receives the guest's log records, with the guest's texts as <c>guest_message</c>, <c>guest_module</c>, <c>guest_caller</c> and
    /// <c>guest_file</c> (control and format characters replaced by spaces), <c>guest_line</c>, and <c>guest_name</c> from the image. None unless set.
    /// </summary>
    public ILogger? Logger { get; set; }

    /// <summary>The most log records of a start or call that are passed on; 1000 unless set. The number of those beyond is logged as one warning.</summary>
    public int MaxLogRecordsPerCall { get; set; } = 1000;

    /// <summary>The most bytes of each text of a log record that are passed on; 16384 unless set.</summary>
    public int MaxLogTextLength { get; set; } = 16384;

    /// <summary>
    /// Receives the guest's log records as they are, where no <see cref="Logger"/> is at hand, and the exceptions of host functions as text, with the identifier
    /// that the guest was given. The action runs on the thread that called into the guest. An exception of the action fails that call and poisons the sandbox.
    /// </summary>
    public Action<GuestLogRecord>? Log { get; set; }

    /// <summary>
    /// Where an ELF core file is written when the guest crashes or aborts, null for nowhere. The directory is created where it is missing. The file
    /// has all of the guest's memory, secrets it was given among it; only the owner of the process may read it. Writing it is part of the call: it ends
    /// at the call's timeout, and after 10 seconds at the latest, with what is there by then. Name a directory on a local disk.
    /// </summary>
    public string? CrashDumpDirectory { get; set; }

    /// <summary>The most bytes of guest memory in a core file, 64 MiB unless set. Each page of memory is there once, however often the guest maps it; zero pages take no space.</summary>
    public long MaxCrashDumpSize { get; set; } = 64L << 20;

    /// <summary>The most core files that are kept in <see cref="CrashDumpDirectory"/>, those of other sandboxes and processes among them; at least 1, 16 unless set. The oldest are deleted.</summary>
    public int MaxCrashDumpCount { get; set; } = 16;

    /// <summary>
    /// A counter that the guest watches, from its first instruction on, where its <see cref="GuestLayout.CounterOffset"/> says. None unless set; each sandbox
    /// needs its own.
    /// </summary>
    public GuestCounter? Counter { get; set; }

    /// <summary>
    /// Receives what the guest prints through <c>HostPrint</c>, <see cref="Console.Out"/> for example; <c>null</c>, unless set, for nobody. Control and format
    /// characters other than line feeds and tabs become spaces. The writer is called on a thread of the runtime, one call at a time, and may block: the guest
    /// and other sandboxes go on. A call waits at its end until the writer has its text, 1 second at most and within its timeout; text that
    /// a writer has not taken when the process ends is lost. What a writer throws is logged. For the text as it is, add a host function <c>HostPrint</c>.
    /// </summary>
    public TextWriter? Print { get; set; }

    /// <summary>
    /// Receives what the guest prints to its debug console, line by line, <see cref="Console.Error"/> for example; <c>null</c>, unless set, for nobody. As
    /// <see cref="Print"/> otherwise.
    /// </summary>
    public TextWriter? DebugPrint { get; set; }

    /// <summary>
    /// The most bytes, as UTF-8, that a start or call may print to <see cref="Print"/> and <see cref="DebugPrint"/> together; 1 MiB unless set. What is printed
    /// after that is dropped, and how much is logged as one warning. So is what a writer does not take: 4 Mi characters may wait for one, each text counted with 24
    /// more.
    /// </summary>
    public long MaxPrintedSizePerCall { get; set; } = 1 << 20;

    /// <summary>Maps a file before the guest's initialisation runs, as <see cref="Sandbox.MapFile"/> does later.</summary>
    /// <inheritdoc cref="Sandbox.MapFile" path="/param"/>
    public void MapFile(string path, GuestPhysicalAddress address, string? label = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Mappings.Add(new() { Address = address, Path = path, Label = label });
    }

    /// <summary>Maps a region before the guest's initialisation runs, as <see cref="Sandbox.MapRegion"/> does later.</summary>
    /// <inheritdoc cref="Sandbox.MapRegion" path="/param"/>
    public void MapRegion(SharedRegion region, GuestPhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(region);
        Mappings.Add(new() { Address = address, Region = region });
    }
}
