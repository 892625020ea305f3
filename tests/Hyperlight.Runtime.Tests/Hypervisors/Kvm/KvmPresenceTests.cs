using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

public class KvmPresenceTests
{
    [Fact]
    public void A_missing_device_is_HL5001() => AssertFinding(Rules.NoHypervisor, KvmPresence.Check("/dev/no-kvm"), "modprobe");

    [Fact]
    public void A_device_that_may_not_be_opened_is_HL5002() =>
        AssertFinding(Rules.HypervisorDenied, KvmPresence.Explain(Errno.AccessDenied), "usermod -aG kvm");

    [Fact]
    public void A_device_that_is_not_kvm_is_HL5001() => AssertFinding(Rules.NoHypervisor, KvmPresence.Check("/dev/null"), "is not KVM");

    [Fact]
    public void A_kvm_of_another_version_is_HL5003() =>
        AssertFinding(Rules.HypervisorTooOld, KvmPresence.ExplainVersion(11), "API version 11");

    [Fact]
    public void A_device_that_cannot_be_opened_otherwise_is_HL5004() =>
        AssertFinding(Rules.HypervisorFailed, KvmPresence.Check("/dev"), "Is a directory");

    /// <summary>A container engine that is to mount a missing device creates a folder in its place.</summary>
    [Fact]
    public void A_folder_in_the_place_of_the_device_says_what_to_do() =>
        AssertFinding(
            Rules.HypervisorFailed,
            KvmPresence.Check("/dev"),
            "remove the folder, enable KVM on the host, and start the container with '--device /dev/kvm'");

    [KvmFact]
    public void A_present_hypervisor_is_no_finding()
    {
        Assert.Null(Hypervisor.Check());
        Assert.True(Hypervisor.IsPresent);
    }

    private static void AssertFinding(DiagnosticRule rule, Finding? finding, string advice)
    {
        Assert.Equal(rule, finding?.Rule);
        Assert.Contains(advice, finding!.Message, StringComparison.Ordinal);
    }
}
