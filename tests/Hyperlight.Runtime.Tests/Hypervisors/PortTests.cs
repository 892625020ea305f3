using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests what a guest writes to ports and reads from them.</summary>
public abstract class PortTests : BehaviourTests
{
    private const ulong Initial = 0x1122334455667788;

    // mov al, 0x42; out 0x10, al; hlt
    private static readonly byte[] OutThenHalt = [0xB0, 0x42, 0xE6, 0x10, 0xF4];

    private protected PortTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    /// <summary>Each row has an OUT of 64-bit code, its port, the value that the host sees, and its width.</summary>
    public static TheoryData<byte[], int, uint, byte> Outs => new()
    {
        { [0xE6, 0x10], 0x10, 0x88, 1 }, // out 0x10, al
        { [0x66, 0xE7, 0x10], 0x10, 0x7788, 2 }, // out 0x10, ax
        { [0xE7, 0x10], 0x10, 0x55667788, 4 }, // out 0x10, eax
        { [0xEE], 0x1067, 0x88, 1 }, // out dx, al
        { [0x66, 0xEF], 0x1067, 0x7788, 2 }, // out dx, ax
        { [0xEF], 0x1067, 0x55667788, 4 }, // out dx, eax
    };

    /// <summary>Each row has an IN of 64-bit code, its port, its width, and RAX after all bits were read as ones.</summary>
    public static TheoryData<byte[], int, byte, ulong> Ins => new()
    {
        { [0xE4, 0x10], 0x10, 1, 0x11223344556677FF }, // in al, 0x10
        { [0x66, 0xE5, 0x10], 0x10, 2, 0x112233445566FFFF }, // in ax, 0x10
        { [0xE5, 0x10], 0x10, 4, 0xFFFFFFFF }, // in eax, 0x10
        { [0xEC], 0x1067, 1, 0x11223344556677FF }, // in al, dx
        { [0x66, 0xED], 0x1067, 2, 0x112233445566FFFF }, // in ax, dx
        { [0xED], 0x1067, 4, 0xFFFFFFFF }, // in eax, dx
    };

    [Fact]
    public void Real_mode_code_reaches_a_port_and_halts()
    {
        using TinyGuest guest = RealMode(OutThenHalt);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x42, 1), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [KvmFact(Needs.Paging32)]
    public void Paged_32_bit_code_reaches_a_port_and_halts()
    {
        using TinyGuest guest = TinyGuest.PagedProtectedMode(Tested, OutThenHalt);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x42, 1), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [Theory]
    [MemberData(nameof(Outs))]
    public void A_write_of_each_size_has_its_port_and_value_and_the_guest_goes_on_behind_it(byte[] code, int port, uint value, byte size)
    {
        using TinyGuest guest = LongMode([.. code, .. code, 0xF4]);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rax = Initial, Rdx = 0x1067, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out((ushort)port, value, size), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Out((ushort)port, value, size), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        GeneralRegisters registers = guest.Machine.GetRegisters();
        Assert.Equal((Initial, TinyGuest.CodeAddress + (2 * (ulong)code.Length) + 1), (registers.Rax, registers.Rip));
    }

    [Theory]
    [MemberData(nameof(Ins))]
    public void A_read_of_each_size_is_an_exit_that_the_host_can_answer(byte[] code, int port, byte size, ulong answered)
    {
        using TinyGuest guest = LongMode([.. code, 0xF4]);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rax = Initial, Rdx = 0x1067, Rflags = 2 });
        Assert.Equal(VirtualMachineExit.In((ushort)port, size), guest.Machine.Run());

        guest.Machine.AnswerWithOnes();

        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(answered, guest.Machine.GetRegisters().Rax);
    }

    [Fact]
    public void An_entry_after_an_out_starts_where_it_was_told_with_what_it_was_told()
    {
        // out dx, eax, many times, because KVM completes an OUT only at the next entry.
        using TinyGuest guest = LongMode([.. Enumerable.Repeat((byte)0xEF, 16), 0xF4]);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rax = 1, Rdx = 108, Rflags = 2 });
        Assert.Equal(1u, guest.Machine.Run().Value);

        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 8, Rax = 7, Rdx = 16, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(16, 7, 4), guest.Machine.Run());
        Assert.Equal((7ul, 16ul), (guest.Machine.GetRegisters().Rax, guest.Machine.GetRegisters().Rdx));
        guest.Machine.Run();
        Assert.InRange(guest.Machine.GetRegisters().Rip, TinyGuest.CodeAddress + 9, TinyGuest.CodeAddress + 10);
    }
}
