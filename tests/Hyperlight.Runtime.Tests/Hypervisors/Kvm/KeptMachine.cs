using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>The virtual machine that is kept for the next sandbox.</summary>
internal static class KeptMachine
{
    /// <summary>Closes the kept machine, so that the next sandbox creates a new one. Only KVM keeps machines.</summary>
    public static void Close()
    {
        if (Hypervisor.Chosen is not KvmHypervisor { System: var system })
        {
            return;
        }

        foreach (GuestLayout layout in GuestLayouts.All)
        {
            system.Take(MachineKind.Of(layout))?.Dispose();
        }
    }
}
