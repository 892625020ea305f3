using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Watch;

namespace Hyperlight;

/// <summary>Whether this machine can run guests.</summary>
public static class Hypervisor
{
    /// <summary>Gets the hypervisor of this process. The only place that names a hypervisor: all others are handed theirs.</summary>
    internal static IHypervisor Chosen { get; } = new KvmHypervisor();

    /// <summary>Gets the ticker of this process. Its signal is one of the hypervisor.</summary>
    internal static Ticker Ticker { get; } = new(Chosen.CreateSignal);

    /// <summary>Whether there is a usable hypervisor.</summary>
    public static bool IsPresent => Check() is null;

    /// <summary>Says what keeps guests from running here. It looks anew at every call.</summary>
    /// <returns>HL5001 (none there), HL5002 (not allowed), HL5003 (too old) or HL5004 with what to do, null when guests can run.</returns>
    public static Finding? Check() => Chosen.Check();
}
