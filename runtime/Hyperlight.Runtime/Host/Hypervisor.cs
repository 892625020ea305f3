using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Watch;

namespace Hyperlight;

/// <summary>Tells whether this machine can run guests.</summary>
public static class Hypervisor
{
    /// <summary>
    /// Gets or sets the hypervisor of this process. Only this class names a hypervisor; all other code receives one. Tests set the property
    /// before the first sandbox.
    /// </summary>
    internal static IHypervisor Chosen { get; set; } = new KvmHypervisor();

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
}
