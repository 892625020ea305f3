using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests that an instruction which caused an exit does not reach into the next guest.</summary>
public abstract class UnfinishedInstructionTests : BehaviourTests
{
    private protected UnfinishedInstructionTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Theory]
    [InlineData(new byte[] { 0xA0, 0x00, 0x80, 0xF4 })] // mov al, [0x8000]
    [InlineData(new byte[] { 0xA2, 0x00, 0x80, 0xF4 })] // mov [0x8000], al
    [InlineData(new byte[] { 0xE4, 0x10, 0xF4 })] // in al, 0x10
    [InlineData(new byte[] { 0xE6, 0x10, 0xF4 })] // out 0x10, al
    [InlineData(
        new byte[]
        {
            0xBE,
            0x00,
            0x80,
            0xBF,
            0x00,
            0x90,
            0xB9,
            0xFF,
            0x0F,
            0xF3,
            0xA4,
            0xF4,
        })] // mov si, 0x8000; mov di, 0x9000; mov cx, 4095; rep movsb
    [InlineData(new byte[] { 0xBE, 0x00, 0x20, 0xB9, 0xFF, 0x0F, 0xF3, 0x6E, 0xF4 })] // mov si, 0x2000; mov cx, 4095; rep outsb
    [InlineData(new byte[] { 0xBF, 0x00, 0x20, 0xB9, 0xFF, 0x0F, 0xF3, 0x6C, 0xF4 })] // mov di, 0x2000; mov cx, 4095; rep insb
    public void An_instruction_that_was_not_finished_does_not_reach_into_the_next_run(byte[] code)
    {
        // The code at 0x40: mov al, 0x42; out 0x11, al
        using TinyGuest guest = RealMode([.. code, .. new byte[0x40 - code.Length], 0xB0, 0x42, 0xE6, 0x11]);
        ProcessorState before = guest.Machine.GetState();
        Assert.NotEqual(VirtualMachineExitKind.Halt, guest.Machine.Run().Kind);

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rsp = 0x3000, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(0x11, 0x42, 1), guest.Machine.Run());
        Assert.Equal(0x42UL, guest.Machine.GetRegisters().Rax);
    }

    [Fact]
    public void A_guest_cannot_make_the_next_one_skip_its_first_instruction()
    {
        // out 0x10, al. The first instruction of the next guest, mov al, 0x42, has the same length and address.
        using TinyGuest guest = LongMode(0xE6, 0x10);
        ProcessorState before = guest.Machine.GetState();
        AssertNextGuestExecutesBoth(guest, before);
    }

    [Fact]
    public void A_guest_cannot_make_the_next_one_skip_an_instruction_by_another_segment_base()
    {
        // jmp 0x100:0, the address of the code; there: out 0x10, al
        byte[] code = [0xE6, 0x10, .. new byte[0x3E], 0xEA, 0, 0, 0, 1];
        using TinyGuest guest = RealMode(code);
        ProcessorState before = guest.Machine.GetState();
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rflags = 2 });
        AssertNextGuestExecutesBoth(guest, before);
    }

    /// <summary>
    /// Runs the OUT of a guest. The next guest in the machine must execute both of its instructions: mov al, 0x42; out 0x11, al.
    /// </summary>
    private static void AssertNextGuestExecutesBoth(TinyGuest guest, ProcessorState before)
    {
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());

        guest.Machine.Settle();
        ((byte[])[0xB0, 0x42, 0xE6, 0x11]).CopyTo(guest.Memory.Slice(0, 4));
        guest.Machine.SetState(before);
        guest.Start();

        Assert.Equal(VirtualMachineExit.Out(0x11, 0x42, 1), guest.Machine.Run());
    }
}
