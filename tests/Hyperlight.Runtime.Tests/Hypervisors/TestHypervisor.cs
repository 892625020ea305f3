using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>The hypervisors that tests of behaviour run on. A test is skipped if its hypervisor cannot be used here.</summary>
internal static class TestHypervisor
{
    /// <summary>Gets the KVM that the sandboxes of this process use.</summary>
    public static KvmHypervisor Kvm
    {
        get
        {
            Probes.Require(Needs.Kvm);
            return (KvmHypervisor)Hypervisor.Chosen;
        }
    }

    /// <summary>Gets the Windows backend over the shim, or on Windows the one that the sandboxes of this process use.</summary>
    public static IHypervisor Whp
    {
        get
        {
            Probes.SkipIf(WhpShim.Missing);
            return WhpShim.Backend;
        }
    }
}
