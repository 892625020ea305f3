using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests the general and the floating-point registers that the host sets and gets.</summary>
public abstract class RegisterTests : BehaviourTests
{
    private protected RegisterTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void General_registers_go_in_and_come_out()
    {
        // out dx, eax; hlt
        using TinyGuest guest = LongMode(0xEF, 0xF4);
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
            R9 = 9,
            R10 = 10,
            R11 = 11,
            R12 = 12,
            R13 = 13,
            R14 = 14,
            R15 = 15,
        };
        guest.Machine.SetRegisters(registers);

        Assert.Equal(0x55667788u, guest.Machine.Run().Value);
        guest.Machine.Run();

        registers.Rip += 2;
        Assert.Equal(registers, guest.Machine.GetRegisters());
    }

    [Fact]
    public void General_registers_that_the_guest_sets_come_out()
    {
        // mov ebx, 1; mov ecx, 2; mov r9d, 3; mov r15d, 4; stc; hlt
        using TinyGuest guest = LongMode(
            0xBB, 1, 0, 0, 0, 0xB9, 2, 0, 0, 0, 0x41, 0xB9, 3, 0, 0, 0, 0x41, 0xBF, 4, 0, 0, 0, 0xF9, 0xF4);

        guest.Machine.Run();

        Assert.Equal(
            new GeneralRegisters { Rip = TinyGuest.CodeAddress + 24, Rsp = 0x5000, Rflags = 3, Rbx = 1, Rcx = 2, R9 = 3, R15 = 4 },
            guest.Machine.GetRegisters());
    }

    [Fact]
    public void Floating_point_registers_are_reset()
    {
        // movups xmm0, [rsi]; out dx, al; fxsave [rdi]; out dx, al
        using TinyGuest guest = LongMode(0x0F, 0x10, 0x06, 0xEE, 0x0F, 0xAE, 0x07, 0xEE, 0xF4);
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

    /// <summary>A core file has the floating-point registers in the layout of XSAVE: XMM0 at 160 (Intel SDM volume 1, 13.4).</summary>
    [Fact]
    public void Floating_point_registers_come_out()
    {
        // movups xmm0, [rsi]; movups xmm15, [rsi]; hlt
        using TinyGuest guest = LongMode(0x0F, 0x10, 0x06, 0x44, 0x0F, 0x10, 0x3E, 0xF4);
        byte[] value = [.. Enumerable.Range(1, 16).Select(number => (byte)number)];
        value.CopyTo(guest.Memory.Slice(0x200, 16));
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rsi = 0x1200, Rflags = 2 });
        guest.Machine.Run();

        byte[] area = guest.Machine.GetAllRegisters().Extended;

        Assert.Equal([.. value, .. value], (byte[])[.. area[160..176], .. area[400..416]]);
    }
}
