using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Hypervisors.Whp.Surrogates;
using Hyperlight.Memory.Windows;
using Hyperlight.Watch;

namespace Hyperlight;

/// <summary>Tells whether this machine can run guests.</summary>
public static class Hypervisor
{
    private static readonly ChosenSources Sources = new();

    /// <summary>
    /// Gets or sets the hypervisor of this process. Only this class names a hypervisor; all other code receives one. Tests set the property
    /// before the first sandbox.
    /// </summary>
    internal static IHypervisor Chosen { get; set; } = OperatingSystem.IsWindows()
        ? new WhpHypervisor(new WindowsHostMemory(), Sources, static () => new WindowsSignal())
        : new KvmHypervisor();

    /// <summary>Gets the ticker of this process, which uses a signal of the hypervisor.</summary>
    internal static Ticker Ticker { get; } = new(static () => Chosen.CreateSignal());

    /// <summary>Gets whether this machine has a usable hypervisor.</summary>
    public static bool IsPresent => Check() is null;

    /// <summary>Gets the reason why guests cannot run on this machine. Every call checks again.</summary>
    /// <returns>
    /// HL5001 (there is no hypervisor), HL5002 (this user may not use it), HL5003 (it is too old) or HL5004 (it refuses to work), with what
    /// to do; <c>null</c> if guests can run.
    /// </returns>
    public static Finding? Check() => Chosen.Check();

    /// <summary>
    /// Sets how many surrogate processes this program may have on Windows, where each virtual machine needs a process for its memory. On
    /// Linux the call has no effect. Without a call no process is started before it is needed, and there are at most 512.
    /// </summary>
    /// <param name="initial">
    /// The number of processes to start with the first sandbox, at most <paramref name="maximum"/>. Each takes some milliseconds, which
    /// later sandboxes save.
    /// </param>
    /// <param name="maximum">
    /// The largest number of processes, and so of sandboxes at once: 0 to 512. With 0 there are no surrogate processes: the memory of this
    /// process is used, for one sandbox at a time. A sandbox above the limit is HL5006.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative or too large.</exception>
    /// <exception cref="InvalidOperationException">This program has had a sandbox already.</exception>
    public static void UseSurrogates(int initial, int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximum, ChosenSources.MostSurrogates);
        ArgumentOutOfRangeException.ThrowIfNegative(initial);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(initial, maximum);
        Sources.Choose(initial, maximum);
    }
}
