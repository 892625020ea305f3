using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>The hypervisors that tests of behaviour run on. A test that asks for one that cannot be used here is skipped.</summary>
internal static class TestHypervisor
{
    /// <summary>Gets the KVM that the sandboxes of this process use.</summary>
    public static KvmHypervisor Kvm
    {
        get
        {
            SkipIf(Probes.Missing(Needs.Kvm));
            return (KvmHypervisor)Hypervisor.Chosen;
        }
    }

    private static void SkipIf(string? reason) => Assert.SkipWhen(reason is not null, reason ?? "");
}
