using Hyperlight.Hypervisors;
using Hyperlight.Watch;
using Microsoft.Extensions.Logging;

namespace Hyperlight;

/// <summary>The options of a sandbox. A sandbox reads them once, when it is created: a later change affects no sandbox.</summary>
public sealed class SandboxOptions
{
    /// <summary>
    /// Gets or sets the functions of the host that the guest can call. <c>HostPrint</c> is there by default. A program that creates many
    /// sandboxes with many functions adds the functions to one object, and sets that object for each sandbox.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public HostFunctions HostFunctions
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new();

    /// <summary>
    /// Gets or sets the longest time that a call may take; 30 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the longest time that the guest's initialisation may take; 30 seconds by default,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets whether the sandbox starts from the snapshot that the build took of the guest, if the image has one that can be used on
    /// this machine; <c>true</c> by default. No code of the guest runs at such a start, and <see cref="StartTimeout"/> has no effect.
    /// </summary>
    public bool UseSnapshot { get; set; } = true;

    /// <summary>
    /// Gets or sets the clock that the guest reads; <see cref="TimeProvider.System"/> by default. A guest of the guest kit with a clock,
    /// for example one in C#, reads it at its start and after each restore, and counts on with its processor's time-stamp counter. So a
    /// clock that runs at another speed is seen at those moments only.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public TimeProvider TimeProvider
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;

    /// <summary>
    /// Gets or sets the number from which the guest derives random numbers; <c>null</c>, the default, for a random number.
    /// </summary>
    internal ulong? Seed { get; set; }

    /// <summary>Gets or sets the hypervisor that runs the guest.</summary>
    internal IHypervisor Hypervisor { get; set; } = Hyperlight.Hypervisor.Chosen;

    /// <summary>Gets or sets the watchdog that ends calls at their timeout.</summary>
    internal Watchdog Watchdog { get; set; } = Watchdog.Shared;

    /// <summary>Gets or sets the ticker that runs the guest's timer.</summary>
    internal Ticker Ticker { get; set; } = Hyperlight.Hypervisor.Ticker;

    /// <summary>
    /// Gets or sets the level of the least important records that the guest is asked to log; <see cref="GuestLogLevel.Error"/> by default.
    /// Less important records do not reach <see cref="Logger"/> and <see cref="Log"/>.
    /// </summary>
    public GuestLogLevel LogLevel { get; set; } = GuestLogLevel.Error;

    /// <summary>
    /// Gets or sets the function that finds the roots of the page tables for a snapshot of a guest with several address spaces. With
    /// <c>null</c>, the default, a snapshot keeps the address space that the guest uses. An exception of the function fails
    /// <see cref="Sandbox.TakeSnapshot"/>. Guests without paging have no roots.
    /// </summary>
    public PageTableRootFinder? PageTableRoots { get; set; }

    /// <summary>Gets the arguments of <see cref="MapFile"/> and <see cref="MapRegion"/>.</summary>
    internal List<DeclaredMapping> Mappings { get; } = [];

    /// <summary>
    /// Gets the numbers of the processor's model-specific registers (MSRs) that the guest may read and write, at most 16. The set is empty
    /// by default. The use of another register raises a processor exception in the guest, if the KVM of the host can filter registers
    /// (Linux 5.10). Windows cannot: a guest may use the registers that Windows gives it, and a snapshot keeps those of this set. A restore
    /// resets the registers on both.
    /// </summary>
    public ISet<uint> AllowedMsrs { get; } = new HashSet<uint>();

    /// <summary>
    /// Gets or sets the logger that receives the guest's log records; <c>null</c>, the default, for no logger. The texts of the guest are
    /// <c>guest_message</c>, <c>guest_module</c>, <c>guest_caller</c> and <c>guest_file</c>, with spaces in place of control and format
    /// characters. <c>guest_line</c> is the line, and <c>guest_name</c> the name from the image.
    /// </summary>
    public ILogger? Logger { get; set; }

    /// <summary>
    /// Gets or sets the largest number of log records that a start or call passes on; 1000 by default. One warning says how many records
    /// were dropped.
    /// </summary>
    public int MaxLogRecordsPerCall { get; set; } = 1000;

    /// <summary>Gets or sets the largest number of bytes of each text of a log record that is passed on; 16384 by default.</summary>
    public int MaxLogTextLength { get; set; } = 16384;

    /// <summary>
    /// Gets or sets the action that receives the guest's log records unchanged, for programs without a <see cref="Logger"/>; <c>null</c>,
    /// the default, for none. The action also receives the exceptions of host functions, as text, with the identifier that the guest
    /// received. The action runs on the thread that called into the guest. If the action throws, the call fails and the sandbox is
    /// poisoned.
    /// </summary>
    public Action<GuestLogRecord>? Log { get; set; }

    /// <summary>
    /// Gets or sets the directory that receives an ELF core file when the guest crashes or aborts; <c>null</c>, the default, for no file.
    /// The directory is created if it is missing. A core file contains all of the guest's memory, and the secrets in it; only the owner of
    /// the process can read the file. The file is written as part of the call: the writing ends at the call's timeout, or after 10 seconds,
    /// and the file then contains the part that was written until then. Use a directory on a local disk.
    /// </summary>
    public string? CrashDumpDirectory { get; set; }

    /// <summary>
    /// Gets or sets the largest number of bytes of guest memory in a core file; 64 MiB by default. Each page of memory is in the file once,
    /// however often the guest maps the page. Pages of zeros take no space.
    /// </summary>
    public long MaxCrashDumpSize { get; set; } = 64L << 20;

    /// <summary>
    /// Gets or sets how many core files stay in <see cref="CrashDumpDirectory"/>, at least 1; 16 by default. The files of other sandboxes
    /// and processes count too. The oldest files are deleted.
    /// </summary>
    public int MaxCrashDumpCount { get; set; } = 16;

    /// <summary>
    /// Gets or sets the place at which a debugger can reach the guest; <c>null</c>, the default, for none. Each sandbox needs a place of
    /// its own. Guests can be debugged on KVM only. Use the option on the computer of a developer: whoever connects controls the guest.
    /// </summary>
    public GuestDebugger? Debugger { get; set; }

    /// <summary>
    /// Gets or sets a counter that the guest can watch from its first instruction on; <c>null</c>, the default, for no counter. Only guests
    /// of 32-bit layouts can have a counter. Each sandbox needs a counter of its own.
    /// </summary>
    public GuestCounter? Counter { get; set; }

    /// <summary>
    /// Gets or sets the writer that receives what the guest prints through <c>HostPrint</c>, for example <see cref="Console.Out"/>;
    /// <c>null</c>, the default, for none. Control and format characters other than line feeds and tabs become spaces. To receive the text
    /// unchanged, add a host function <c>HostPrint</c>.
    /// </summary>
    /// <remarks>
    /// The writer is called on a thread of the runtime, one call at a time. The writer may block: the guest and other sandboxes go on. At
    /// its end a call waits for the writer, for 1 second at most and within the call's timeout. Text that a writer has not taken when the
    /// process ends is lost. An exception of the writer is logged.
    /// </remarks>
    public TextWriter? Print { get; set; }

    /// <summary>
    /// Gets or sets the writer that receives what the guest prints to its debug console, line by line, for example
    /// <see cref="Console.Error"/>; <c>null</c>, the default, for none.
    /// </summary>
    /// <inheritdoc cref="Print" path="/remarks"/>
    public TextWriter? DebugPrint { get; set; }

    /// <summary>
    /// Gets or sets the largest number of bytes, as UTF-8, that a start or call can print to <see cref="Print"/> and
    /// <see cref="DebugPrint"/> together; 1 MiB by default. Further text is dropped, and one warning says how much. Text is also dropped if
    /// the writer does not take it: 4,194,304 characters can wait for one writer, and each text counts as 24 characters more than it has.
    /// </summary>
    public long MaxPrintedSizePerCall { get; set; } = 1 << 20;

    /// <summary>Maps a file before the guest's initialisation runs. <see cref="Sandbox.MapFile"/> maps a file later.</summary>
    /// <inheritdoc cref="Sandbox.MapFile" path="/param"/>
    public void MapFile(string path, GuestPhysicalAddress address, string? label = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Mappings.Add(new() { Address = address, Path = path, Label = label });
    }

    /// <summary>Maps a region before the guest's initialisation runs. <see cref="Sandbox.MapRegion"/> maps a region later.</summary>
    /// <inheritdoc cref="Sandbox.MapRegion" path="/param"/>
    public void MapRegion(SharedRegion region, GuestPhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(region);
        Mappings.Add(new() { Address = address, Region = region });
    }
}
