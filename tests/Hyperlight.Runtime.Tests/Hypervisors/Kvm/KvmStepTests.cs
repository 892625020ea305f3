using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests single steps of KVM.</summary>
public class KvmStepTests
{
    [KvmFact(Needs.Kvm)]
    public void Each_run_is_one_instruction_and_ports_take_a_run_more()
    {
        // mov al, 0x42; out 0x10, al; in al, 0x10; nop; push 2; popfq; nop; out 0x10, al
        using TinyGuest guest = TinyGuest.LongMode(
            TestHypervisor.Kvm, 0xB0, 0x42, 0xE6, 0x10, 0xE4, 0x10, 0x90, 0x6A, 0x02, 0x9D, 0x90, 0xE6, 0x10);
        IVirtualMachine machine = guest.Machine;

        Assert.Equal((VirtualMachineExitKind.Debug, 2), Step(machine));
        Assert.Equal(VirtualMachineExitKind.Out, Step(machine).Kind);
        Assert.Equal((VirtualMachineExitKind.Debug, 4), Step(machine));
        Assert.Equal(VirtualMachineExitKind.In, Step(machine).Kind);
        machine.AnswerWithOnes();
        Assert.Equal((VirtualMachineExitKind.Debug, 6), Step(machine));
        Assert.Equal(0xFFUL, machine.GetRegisters().Rax & 0xFF);
        Assert.Equal((VirtualMachineExitKind.Debug, 7), Step(machine));
        Assert.Equal((VirtualMachineExitKind.Debug, 9), Step(machine));
        Assert.Equal((VirtualMachineExitKind.Debug, 10), Step(machine));
        Assert.Equal((VirtualMachineExitKind.Debug, 11), Step(machine));
        Assert.Equal(0UL, machine.GetRegisters().Rflags & ControlBits.FlagsTrap);
        Assert.Equal(VirtualMachineExitKind.Out, Step(machine).Kind);
    }

    [KvmFact(Needs.Kvm)]
    public void Registers_that_are_set_are_those_of_the_next_step()
    {
        // hlt; inc rax; inc rax; hlt
        using TinyGuest guest = TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4, 0x48, 0xFF, 0xC0, 0x48, 0xFF, 0xC0, 0xF4);
        IVirtualMachine machine = guest.Machine;
        machine.SetRegisters(machine.GetRegisters() with { Rip = TinyGuest.CodeAddress + 1, Rax = 41 });

        Assert.Equal((VirtualMachineExitKind.Debug, 4), Step(machine));
        Assert.Equal(42UL, machine.GetRegisters().Rax);
        machine.SetDebugging(DebugMode.Off);
        Assert.Equal(VirtualMachineExitKind.Halt, machine.Run().Kind);
        Assert.Equal(43UL, machine.GetRegisters().Rax);
    }

    [KvmFact(Needs.Kvm | Needs.Sse)]
    public void A_trap_flag_that_the_guest_saved_during_a_step_harms_nobody_later()
    {
        // push 0x102; popfq; nop; nop; hlt
        using TinyGuest guest = TinyGuest.LongMode(TestHypervisor.Kvm, 0x68, 0x02, 0x01, 0, 0, 0x9D, 0x90, 0x90, 0xF4);
        guest.Machine.SetDebugging(DebugMode.Run);

        Assert.Equal(VirtualMachineExitKind.Halt, guest.Machine.Run().Kind);
        Assert.Equal(0UL, guest.Machine.GetRegisters().Rflags & ControlBits.FlagsTrap);
    }

    private static (VirtualMachineExitKind Kind, int Offset) Step(IVirtualMachine machine)
    {
        machine.SetDebugging(DebugMode.Step);
        VirtualMachineExitKind kind = machine.Run().Kind;
        return (kind, (int)(machine.GetRegisters().Rip - TinyGuest.CodeAddress));
    }
}
