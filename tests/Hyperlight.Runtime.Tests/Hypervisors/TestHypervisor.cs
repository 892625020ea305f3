using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>The hypervisor that tests run on.</summary>
internal static class TestHypervisor
{
    /// <summary>Gets the opened KVM that sandboxes use unless they are given another one.</summary>
    public static KvmSystem System => ((KvmHypervisor)Hypervisor.Chosen).System;
}
