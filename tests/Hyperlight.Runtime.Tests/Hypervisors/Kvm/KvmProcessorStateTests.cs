using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests the state of KVM's processors, with and without a filter of model-specific registers.</summary>
public sealed class KvmProcessorStateTests() : ProcessorStateTests(TestHypervisor.Kvm)
{
    private static KvmSystem System => TestHypervisor.Kvm.System;

    [Fact]
    public void A_model_specific_register_that_is_not_allowed_is_out_of_reach()
    {
        Assert.SkipUnless(System.HasMsrFilter, "probe MsrFilter: KVM_CAP_X86_MSR_FILTER is not there");
        using TinyGuest guest = With(MsrPolicy.Filtered([]));

        // The instruction causes #GP, and there is no interrupt table.
        Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run());
    }

    [Fact]
    public void With_a_filter_a_model_specific_register_that_is_allowed_is_set_back()
    {
        Assert.SkipUnless(System.HasMsrFilter, "probe MsrFilter: KVM_CAP_X86_MSR_FILTER is not there");
        using TinyGuest guest = With(MsrPolicy.Filtered([SysenterEip]));

        AssertSetBack(guest);
    }

    [Fact]
    public void Without_a_filter_every_model_specific_register_is_set_back()
    {
        using TinyGuest guest = With(MsrPolicy.Unfiltered(System, []));

        AssertSetBack(guest);
    }

    [Fact]
    public void Without_a_filter_a_model_specific_register_that_cannot_be_set_back_cannot_be_allowed() => Assert.Contains(
        "0x12345678",
        Assert.Throws<HyperlightException>(() => With(MsrPolicy.Unfiltered(System, [0x1234_5678]))).Message,
        StringComparison.Ordinal);

    private TinyGuest With(MsrPolicy policy) => TinyGuest.LongModeOn(
        new KvmMachine(System, GuestLayouts.Amd64V16, policy), Tested.Memory, WriteThenReadSysenterEip);
}
