using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>The virtual machine that is kept for the next sandbox.</summary>
internal static class KeptMachine
{
    /// <summary>Closes the kept machine, so that the next sandbox creates a new one.</summary>
    public static void Close()
    {
        foreach (GuestLayout layout in GuestLayouts.All)
        {
            TestHypervisor.System.Take(MachineKind.Of(layout))?.Dispose();
        }
    }
}
