using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors;

public class VirtualMachineTests
{
    // mov al, 0x42; out 0x10, al; hlt
    private static readonly byte[] OutThenHalt = [0xB0, 0x42, 0xE6, 0x10, 0xF4];

    // ud2; there is no interrupt table.
    private static readonly byte[] UndefinedInstruction = [0x0F, 0x0B];

    [KvmFact]
    public void Real_mode_code_reaches_a_port_and_halts()
    {
        using TinyGuest guest = TinyGuest.RealMode(OutThenHalt);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x42, 1), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [KvmFact]
    public void Long_mode_code_reaches_a_port_and_halts()
    {
        // mov eax, 0x12345678; mov edx, 0x1067; out dx, eax; hlt
        using TinyGuest guest = TinyGuest.LongMode(0xB8, 0x78, 0x56, 0x34, 0x12, 0xBA, 0x67, 0x10, 0, 0, 0xEF, 0xF4);

        Assert.Equal(VirtualMachineExit.Out(0x1067, 0x12345678, 4), guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [KvmFact]
    public void Reading_a_port_is_an_exit()
    {
        // in al, 0x10
        using TinyGuest guest = TinyGuest.RealMode(0xE4, 0x10, 0xF4);

        Assert.Equal(VirtualMachineExit.In(0x10, 1), guest.Machine.Run());
    }

    [KvmFact]
    public void General_registers_go_in_and_come_out()
    {
        // out dx, eax; hlt
        using TinyGuest guest = TinyGuest.LongMode(0xEF, 0xF4);
        GeneralRegisters registers = new()
        {
            Rip = TinyGuest.CodeAddress,
            Rflags = 2,
            Rax = 0x1122334455667788,
            Rdx = 0x10,
            Rbx = 3,
            Rcx = 4,
            Rsi = 5,
            Rdi = 6,
            Rbp = 7,
            Rsp = 0x5000,
            R8 = 8,
            R15 = 15,
        };
        guest.Machine.SetRegisters(registers);

        Assert.Equal(0x55667788u, guest.Machine.Run().Value);
        guest.Machine.Run();

        registers.Rip += 2;
        Assert.Equal(registers, guest.Machine.GetRegisters());
    }

    [KvmFact]
    public void An_entry_after_an_out_starts_where_it_was_told_with_what_it_was_told()
    {
        // out dx, eax, many times, because KVM completes an OUT only at the next entry.
        using TinyGuest guest = TinyGuest.LongMode([.. Enumerable.Repeat((byte)0xEF, 16), 0xF4]);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rax = 1, Rdx = 108, Rflags = 2 });
        Assert.Equal(1u, guest.Machine.Run().Value);

        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 8, Rax = 7, Rdx = 16, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(16, 7, 4), guest.Machine.Run());
        Assert.Equal((7ul, 16ul), (guest.Machine.GetRegisters().Rax, guest.Machine.GetRegisters().Rdx));
        guest.Machine.Run();
        Assert.InRange(guest.Machine.GetRegisters().Rip, TinyGuest.CodeAddress + 9, TinyGuest.CodeAddress + 10);
    }

    [KvmFact]
    public void A_write_to_read_only_memory_is_an_exit_and_changes_nothing()
    {
        // mov byte [0x6010], 0x55
        using TinyGuest guest = TinyGuest.RealMode(0xC6, 0x06, 0x10, 0x60, 0x55, 0xF4);
        guest.ReadOnly.Slice(0, 0x1000).Fill(0xEE);

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(TinyGuest.ReadOnlyAddress + 0x10), MemoryAccessKind.Write), guest.Machine.Run());
        Assert.Equal(0xEE, guest.ReadOnly.Slice(0x10, 1)[0]);
    }

    [KvmFact]
    public void Read_only_memory_can_be_read_by_the_guest()
    {
        // mov al, [0x6010]; out 0x10, al
        using TinyGuest guest = TinyGuest.RealMode(0xA0, 0x10, 0x60, 0xE6, 0x10, 0xF4);
        guest.ReadOnly.Slice(0x10, 1)[0] = 0xEE;

        Assert.Equal(0xEEu, guest.Machine.Run().Value);
    }

    [KvmFact]
    public void An_access_to_no_memory_is_an_exit()
    {
        // mov al, [0x8000]
        using TinyGuest reader = TinyGuest.RealMode(0xA0, 0x00, 0x80, 0xF4);
        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Read), reader.Machine.Run());

        // mov [0x8000], al
        using TinyGuest writer = TinyGuest.RealMode(0xA2, 0x00, 0x80, 0xF4);
        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Write), writer.Machine.Run());
    }

    [KvmFact]
    public void Unmapped_memory_is_gone()
    {
        // mov al, [0x6010]
        using TinyGuest guest = TinyGuest.RealMode(0xA0, 0x10, 0x60, 0xF4);
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());

        guest.Machine.Unmap(1);
        guest.Start();

        Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind);
    }

    [KvmFact]
    public void A_triple_fault_is_a_shutdown()
    {
        using TinyGuest guest = TinyGuest.LongMode(UndefinedInstruction);

        Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run());
    }

    [KvmFact]
    public void Code_where_there_is_no_memory_does_not_run_for_ever()
    {
        // jmp 0x8000
        using TinyGuest guest = TinyGuest.RealMode(0xE9, 0xFD, 0x6F);

        Assert.NotEqual(VirtualMachineExitKind.Halt, guest.Machine.Run().Kind);
    }

    [KvmFact]
    public void The_guest_believes_in_as_many_address_bits_as_its_layout_has()
    {
        // mov eax, 0x80000008; cpuid; mov edx, 0x10; out dx, eax
        using TinyGuest guest = TinyGuest.LongMode(0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xBA, 0x10, 0, 0, 0, 0xEF, 0xF4);

        Assert.Equal(36u, guest.Machine.Run().Value & 0xFF);
    }

    /// <summary>Every profile has 32 address bits (i686 sheet, section 3.1).</summary>
    [KvmFact]
    public void A_32_bit_guest_believes_in_32_address_bits()
    {
        // mov eax, 0x80000008; cpuid; out 0x10, al
        using TinyGuest guest = TinyGuest.RealMode(0x66, 0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xE6, 0x10);

        Assert.Equal(32u, guest.Machine.Run().Value);
        Assert.All(GuestLayouts.All.Where(layout => layout.Architecture == "i686"), layout => Assert.Equal(32, layout.PhysicalAddressBits));
    }

    [KvmFact(Needs.Paging32)]
    public void A_paged_32_bit_guest_believes_in_32_address_bits()
    {
        using TinyGuest guest = TinyGuest.PagedProtectedMode(0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xE6, 0x10);

        Assert.Equal(32u, guest.Machine.Run().Value);
    }

    [KvmFact]
    public void Floating_point_registers_are_reset()
    {
        // movups xmm0, [rsi]; out dx, al; fxsave [rdi]; out dx, al
        using TinyGuest guest = TinyGuest.LongMode(0x0F, 0x10, 0x06, 0xEE, 0x0F, 0xAE, 0x07, 0xEE, 0xF4);
        guest.Memory.Slice(0x200, 16).Fill(0xAB);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rsi = 0x1200, Rdi = 0x1400, Rdx = 0x10, Rflags = 2 });
        guest.Machine.Run();

        guest.Machine.ResetFloatingPoint();
        guest.Machine.Run();

        Span<byte> area = guest.Memory.Slice(0x400, 512);
        Assert.Equal(0x37F, BitConverter.ToUInt16(area));
        Assert.Equal(0x1F80u, BitConverter.ToUInt32(area[24..]));
        Assert.Equal(new byte[16], area[160..176].ToArray());
    }
}
