using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests the end of a guest whose processor cannot go on.</summary>
public abstract class FaultTests : BehaviourTests
{
    // ud2; there is no interrupt table.
    private static readonly byte[] UndefinedInstruction = [0x0F, 0x0B];

    private protected FaultTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void A_triple_fault_is_a_shutdown()
    {
        using TinyGuest guest = LongMode(UndefinedInstruction);

        Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run());
    }

    [Fact]
    public void A_machine_can_be_used_again_after_a_triple_fault()
    {
        // ud2; at 2: out 0x10, al
        using TinyGuest guest = LongMode([.. UndefinedInstruction, 0xE6, 0x10]);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run());

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 2, Rax = 5, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(0x10, 5, 1), guest.Machine.Run());
    }
}
