using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests that a restore undoes the changes of a guest to its processor (amd64 sheet, sections 4.4, 4.5 and 11.3).</summary>
public abstract class ProcessorStateTests : BehaviourTests
{
    // IA32_SYSENTER_EIP takes any value, and nothing depends on it.
    private protected const uint SysenterEip = 0x176;
    private const uint KernelGsBase = 0xC000_0102;

    // The offset at which code reads what the code in front of it has written.
    private const int ReadOffset = 0x40;

    // mov ecx, 0x176; mov eax, 0x1234; xor edx, edx; wrmsr; rdmsr; out 0x10, eax; hlt; at ReadOffset: mov ecx, 0x176; rdmsr; out 0x10, eax;
    // hlt
    private protected static readonly byte[] WriteThenReadSysenterEip =
    [
        0xB9, 0x76, 0x01, 0, 0, 0xB8, 0x34, 0x12, 0, 0, 0x31, 0xD2, 0x0F, 0x30, 0x0F, 0x32, 0xE7, 0x10, 0xF4, .. new byte[ReadOffset - 19],
        0xB9, 0x76, 0x01, 0, 0, 0x0F, 0x32, 0xE7, 0x10, 0xF4,
    ];

    private protected ProcessorStateTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void A_model_specific_register_that_is_allowed_is_set_back()
    {
        using TinyGuest guest = LongModeWith([SysenterEip], WriteThenReadSysenterEip);

        AssertSetBack(guest);
    }

    [Fact]
    public void A_model_specific_register_that_cannot_be_set_back_cannot_be_allowed() => Assert.Contains(
        "0x12345678",
        Assert.Throws<HyperlightException>(() => LongModeWith([0x1234_5678], 0xF4)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_register_that_swapgs_changes_is_set_back()
    {
        // mov rax, cr4; or eax, 0x10000 (FSGSBASE); mov cr4, rax; mov eax, 0x1234; wrgsbase rax; swapgs; hlt
        using TinyGuest guest = LongMode(
            0x0F, 0x20, 0xE0, 0x0D, 0, 0, 1, 0, 0x0F, 0x22, 0xE0, 0xB8, 0x34, 0x12, 0, 0, 0xF3, 0x48, 0x0F, 0xAE, 0xD8, 0x0F, 0x01, 0xF8,
            0xF4);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Contains(guest.Machine.GetState().Msrs, register => register is { Index: KernelGsBase, Value: 0x1234 });

        guest.Machine.SetState(before);

        ProcessorState after = guest.Machine.GetState();
        Assert.Contains(after.Msrs, register => register is { Index: KernelGsBase, Value: 0 });
        Assert.Equal((before.Special.Cr4, 0UL), (after.Special.Cr4, after.Special.Gs.Base));
    }

    [Fact]
    public void Debug_registers_are_reset()
    {
        // mov eax, 0x8000; mov dr0, rax; mov eax, 0x401; mov dr7, rax; hlt; at 0x40: mov rax, dr7; out 0x10, eax; mov rax, dr0; out 0x10,
        // eax
        byte[] write = [0xB8, 0, 0x80, 0, 0, 0x0F, 0x23, 0xC0, 0xB8, 1, 4, 0, 0, 0x0F, 0x23, 0xF8, 0xF4];
        using TinyGuest guest = LongMode(
            [.. write, .. new byte[0x40 - write.Length], 0x0F, 0x21, 0xF8, 0xE7, 0x10, 0x0F, 0x21, 0xC0, 0xE7, 0x10]);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rflags = 2 });
        Assert.Equal(0x401u, guest.Machine.Run().Value);
        Assert.Equal(0x8000u, guest.Machine.Run().Value);

        guest.Machine.Settle();
        guest.Machine.SetState(before);

        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rflags = 2 });
        Assert.Equal(0x400u, guest.Machine.Run().Value);
        Assert.Equal(0u, guest.Machine.Run().Value);
    }

    [Fact]
    public void Extended_control_is_set_back()
    {
        // A guest would use XSETBV. Here the host sets the register, because some KVMs cannot run that instruction.
        const ulong WithAvx = 7;
        using TinyGuest guest = LongMode(0xF4);
        ProcessorState before = guest.Machine.GetState();
        try
        {
            guest.Machine.SetState(before with { ExtendedControl = WithAvx });
        }
        catch (HypervisorException exception)
        {
            Assert.Skip($"probe Xcr0: {exception.Message}");
        }

        Assert.Equal(WithAvx, guest.Machine.GetState().ExtendedControl);

        guest.Machine.SetState(before);

        Assert.Equal((1UL, 1UL), (before.ExtendedControl, guest.Machine.GetState().ExtendedControl));
    }

    [Fact]
    public void The_task_priority_is_set_back()
    {
        // mov eax, 5; mov cr8, rax; hlt; at 0x40: mov rax, cr8; out 0x10, eax
        byte[] write = [0xB8, 5, 0, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4];
        using TinyGuest guest = LongMode(
            [.. write, .. new byte[ReadOffset - write.Length], 0x44, 0x0F, 0x20, 0xC0, 0xE7, 0x10]);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(5UL, guest.Machine.GetState().Special.Cr8);

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadOffset, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), guest.Machine.Run());
    }

    [Fact]
    public void A_snapshots_task_priority_is_that_of_a_new_processor()
    {
        // mov rax, cr8; out 0x10, eax
        using TinyGuest guest = LongMode(0x44, 0x0F, 0x20, 0xC0, 0xE7, 0x10);
        ProcessorState state = guest.Machine.GetState();

        guest.Machine.SetState(state with { Special = state.Special with { Cr8 = 5 } });

        Assert.Equal(VirtualMachineExit.Out(0x10, 5, 4), guest.Machine.Run());
    }

    [Fact]
    public void What_the_next_entry_will_have_is_the_state()
    {
        // mov eax, 5; mov cr8, rax; hlt
        using TinyGuest guest = LongMode(0xB8, 5, 0, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.NotEqual(before.Special.Cr8, guest.Machine.GetState().Special.Cr8);

        guest.Machine.SetState(before);

        Assert.Equal(before.Special.Cr8, guest.Machine.GetState().Special.Cr8);
    }

    [Fact]
    public void A_state_that_the_processor_refuses_is_not_tried_again()
    {
        // mov al, [0x8000], without memory there; hlt
        using TinyGuest guest = LongMode(0x8A, 0x04, 0x25, 0, 0x80, 0, 0, 0xF4);
        ProcessorState good = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind);

        // Paging without protected mode is not possible.
        guest.Machine.Settle();
        Assert.Throws<HypervisorException>(() =>
        {
            guest.Machine.SetState(good with { Special = good.Special with { Cr0 = 1UL << 31 } });
            guest.Machine.Commit();
        });

        guest.Machine.Settle();
        guest.Machine.SetState(good);
        guest.Start();
        Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind);
    }

    [Fact]
    public void The_state_that_was_set_is_the_state()
    {
        using TinyGuest guest = LongMode(0xF4);
        ProcessorState state = guest.Machine.GetState();
        Segment data = state.Special.Ds with { Type = 3, Present = 1, S = 1, Db = 1, G = 1, Limit = uint.MaxValue };
        SpecialRegisters special = state.Special with
        {
            Ds = data with { Selector = 0x10, Dpl = 3 },
            Es = data with { Selector = 0x18, Type = 1 },
            Fs = data with { Selector = 0x20, Base = 0x1122_3344_5566 },
            Gs = data with { Selector = 0x28, Base = 0x2233_4455_6677, Avl = 1 },
            Tr = state.Special.Tr with { Selector = 0x30, Base = 0x3344_5566_7788, Limit = 0x1067 },
            Gdt = new() { Base = 0x4455_6677_8899, Limit = 0x37 },
            Idt = new() { Base = 0x5566_7788_99AA, Limit = 0xFFF },
            Cr2 = 0x6677,
            Cr4 = state.Special.Cr4 | 0x80,
            Cr8 = 3,
        };

        guest.Machine.SetState(state with { Special = special });

        Assert.Equal(special, guest.Machine.GetState().Special);
        guest.Start();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(special, guest.Machine.GetState().Special);
    }

    /// <summary>Asserts that the register of <see cref="WriteThenReadSysenterEip"/> is set back, on a guest that runs this code.</summary>
    private protected static void AssertSetBack(TinyGuest guest)
    {
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Out(0x10, 0x1234, 4), guest.Machine.Run());
        ProcessorState written = guest.Machine.GetState();

        // A register that the state has gets its value from the state, every other register its initial value.
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), Reread(guest, before));
        Assert.Equal(VirtualMachineExit.Out(0x10, 0x1234, 4), Reread(guest, written));
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), Reread(guest, written with { Msrs = [] }));
    }

    // Sets a state and runs the guest from ReadOffset.
    private static VirtualMachineExit Reread(TinyGuest guest, ProcessorState state)
    {
        guest.Machine.Settle();
        guest.Machine.SetState(state);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadOffset, Rflags = 2 });
        return guest.Machine.Run();
    }
}
