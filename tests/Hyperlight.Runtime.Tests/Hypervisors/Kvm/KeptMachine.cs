using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>The virtual machines that are kept for the next sandboxes.</summary>
internal static class KeptMachine
{
    /// <summary>Closes the kept machines, so that the next sandbox creates a new one. Only KVM keeps machines.</summary>
    public static void Close()
    {
        if (Hypervisor.Chosen is not KvmHypervisor { System: var system })
        {
            return;
        }

        foreach (GuestLayout layout in GuestLayouts.All)
        {
            while (system.Idle.TryTake(MachineKind.Of(layout)) is { } machine)
            {
                machine.Dispose();
            }
        }
    }
}
