using System.Buffers.Binary;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests that a restore undoes the changes of a guest to its processor (amd64 sheet, sections 4.4, 4.5 and 11.3).</summary>
public class ProcessorStateTests
{
    // IA32_SYSENTER_EIP takes any value, and nothing depends on it.
    private const uint SysenterEip = 0x176;
    private const uint KernelGsBase = 0xC000_0102;

    // mov ecx, 0x176; mov eax, 0x1234; xor edx, edx; wrmsr; rdmsr; out 0x10, eax; hlt
    private static readonly byte[] WriteSysenterEip =
        [0xB9, 0x76, 0x01, 0, 0, 0xB8, 0x34, 0x12, 0, 0, 0x31, 0xD2, 0x0F, 0x30, 0x0F, 0x32, 0xE7, 0x10, 0xF4];

    // The offset of the same code without the write.
    private const int ReadSysenterEip = 0x40;
    private static readonly byte[] WriteThenReadSysenterEip =
        [.. WriteSysenterEip, .. new byte[ReadSysenterEip - 19], 0xB9, 0x76, 0x01, 0, 0, 0x0F, 0x32, 0xE7, 0x10, 0xF4];

    [KvmFact]
    public void A_model_specific_register_that_is_not_allowed_is_out_of_reach()
    {
        using TinyGuest guest = Filtered([], WriteSysenterEip);

        // The instruction causes #GP, and there is no interrupt table.
        Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run());
    }

    [KvmFact]
    public void A_model_specific_register_that_is_allowed_is_set_back()
    {
        using TinyGuest guest = Filtered([SysenterEip], WriteThenReadSysenterEip);

        AssertSetBack(guest);
    }

    [KvmFact]
    public void Without_a_filter_every_model_specific_register_is_set_back()
    {
        using TinyGuest guest = TinyGuest.LongModeWith(MsrPolicy.Unfiltered(TestHypervisor.System, []), WriteThenReadSysenterEip);

        AssertSetBack(guest);
    }

    [KvmFact]
    public void A_model_specific_register_that_cannot_be_set_back_cannot_be_allowed() => Assert.Contains(
        "0x12345678",
        Assert.Throws<HyperlightException>(
            () => TinyGuest.LongModeWith(MsrPolicy.Unfiltered(TestHypervisor.System, [0x1234_5678]), 0xF4)).Message,
        StringComparison.Ordinal);

    [KvmFact]
    public void The_register_that_swapgs_changes_is_set_back()
    {
        // mov rax, cr4; or eax, 0x10000 (FSGSBASE); mov cr4, rax; mov eax, 0x1234; wrgsbase rax; swapgs; hlt
        using TinyGuest guest = TinyGuest.LongMode(
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

    [KvmFact]
    public void Debug_registers_are_reset()
    {
        // mov eax, 0x8000; mov dr0, rax; mov eax, 0x401; mov dr7, rax; hlt; at 0x40: mov rax, dr7; out 0x10, eax; mov rax, dr0; out 0x10,
        // eax
        byte[] write = [0xB8, 0, 0x80, 0, 0, 0x0F, 0x23, 0xC0, 0xB8, 1, 4, 0, 0, 0x0F, 0x23, 0xF8, 0xF4];
        using TinyGuest guest = TinyGuest.LongMode(
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

    [KvmFact]
    public void Extended_control_is_set_back()
    {
        // A guest would use XSETBV. Here the host sets the register, because some KVMs cannot run that instruction.
        const ulong WithAvx = 7;
        using TinyGuest guest = TinyGuest.LongMode(0xF4);
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

    [KvmTheory]
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
        using TinyGuest guest = TinyGuest.RealMode([.. code, .. new byte[0x40 - code.Length], 0xB0, 0x42, 0xE6, 0x11]);
        ProcessorState before = guest.Machine.GetState();
        Assert.NotEqual(VirtualMachineExitKind.Halt, guest.Machine.Run().Kind);

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rsp = 0x3000, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(0x11, 0x42, 1), guest.Machine.Run());
        Assert.Equal(0x42UL, guest.Machine.GetRegisters().Rax);
    }

    [KvmFact]
    public void A_cancel_survives_settling()
    {
        using TinyGuest guest = TinyGuest.RealMode(0xEB, 0xFE);
        guest.Machine.Cancel();

        guest.Machine.Settle();

        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
    }

    [KvmFact]
    public void The_task_priority_is_set_back()
    {
        // mov eax, 5; mov cr8, rax; hlt; at 0x40: mov rax, cr8; out 0x10, eax
        byte[] write = [0xB8, 5, 0, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4];
        using TinyGuest guest = TinyGuest.LongMode(
            [.. write, .. new byte[ReadSysenterEip - write.Length], 0x44, 0x0F, 0x20, 0xC0, 0xE7, 0x10]);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(5UL, guest.Machine.GetState().Special.Cr8);

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadSysenterEip, Rflags = 2 });

        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), guest.Machine.Run());
    }

    [KvmFact]
    public void A_snapshots_task_priority_is_that_of_a_new_processor()
    {
        // mov rax, cr8; out 0x10, eax
        using TinyGuest guest = TinyGuest.LongMode(0x44, 0x0F, 0x20, 0xC0, 0xE7, 0x10);
        ProcessorState state = guest.Machine.GetState();

        guest.Machine.SetState(state with { Special = state.Special with { Cr8 = 5 } });

        Assert.Equal(VirtualMachineExit.Out(0x10, 5, 4), guest.Machine.Run());
    }

    [KvmFact]
    public void A_guest_cannot_make_the_next_one_skip_its_first_instruction()
    {
        // out 0x10, al. The first instruction of the next guest, mov al, 0x42, has the same length and address; then: out 0x11, al
        using TinyGuest guest = TinyGuest.LongMode(0xE6, 0x10);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());

        guest.Machine.Settle();
        ((byte[])[0xB0, 0x42, 0xE6, 0x11]).CopyTo(guest.Memory.Slice(0, 4));
        guest.Machine.SetState(before);
        guest.Start();

        Assert.Equal(VirtualMachineExit.Out(0x11, 0x42, 1), guest.Machine.Run());
    }

    [KvmFact]
    public void Nor_with_a_segment_whose_base_hides_where_it_was()
    {
        // jmp 0x100:0, which is the same address; there: out 0x10, al. The next guest starts with mov al, 0x42 at that address, then: out
        // 0x11, al
        byte[] code = [0xE6, 0x10, .. new byte[0x3E], 0xEA, 0, 0, 0, 1];
        using TinyGuest guest = TinyGuest.RealMode(code);
        ProcessorState before = guest.Machine.GetState();
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + 0x40, Rflags = 2 });
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());

        guest.Machine.Settle();
        ((byte[])[0xB0, 0x42, 0xE6, 0x11]).CopyTo(guest.Memory.Slice(0, 4));
        guest.Machine.SetState(before);
        guest.Start();

        Assert.Equal(VirtualMachineExit.Out(0x11, 0x42, 1), guest.Machine.Run());
    }

    [KvmFact]
    public void What_the_next_entry_will_have_is_the_state()
    {
        // mov eax, 5; mov cr8, rax; hlt
        using TinyGuest guest = TinyGuest.LongMode(0xB8, 5, 0, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4);
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.NotEqual(before.Special.Cr8, guest.Machine.GetState().Special.Cr8);

        guest.Machine.SetState(before);

        Assert.Equal(before.Special.Cr8, guest.Machine.GetState().Special.Cr8);
    }

    [KvmFact]
    public void A_state_that_the_processor_refuses_is_not_tried_again()
    {
        // mov al, [0x8000], without memory there; hlt
        using TinyGuest guest = TinyGuest.LongMode(0x8A, 0x04, 0x25, 0, 0x80, 0, 0, 0xF4);
        ProcessorState good = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind);

        // Paging without protected mode is not possible.
        guest.Machine.Settle();
        guest.Machine.SetState(good with { Special = good.Special with { Cr0 = 1UL << 31 } });
        Assert.Throws<HypervisorException>(() =>
        {
            guest.Start();
            guest.Machine.Run();
        });

        guest.Machine.Settle();
        guest.Machine.SetState(good);
        guest.Start();
        Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind);
    }

    [KvmFact]
    public void Memory_that_was_zeroed_is_not_seen_through_a_translation_from_before()
    {
        // The guest has page tables of its own and runs at the lowest privilege, where every hypervisor uses cached translations.
        // 1: mov eax, [0x9000]; mov [0x10000], eax; jmp 1b
        const ulong Tables = 0x8000;
        const ulong Data = 0x9000;
        const ulong OtherData = 0xA000;
        using TinyGuest guest = TinyGuest.LongMode(0x8B, 0x04, 0x25, 0, 0x90, 0, 0, 0x89, 0x04, 0x25, 0, 0, 1, 0, 0xEB, 0xF0);
        using MappedMemory memory = Hypervisor.Chosen.Memory.Allocate(0x3000);
        guest.Machine.Map(2, new(Tables), memory, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        guest.UseTables(Tables);
        ProcessorState state = guest.Machine.GetState();
        state = state with { Special = AtLowestPrivilege(state.Special) };

        Assert.Equal(1u, Read(Data, 1));
        memory.Zero();
        Assert.Equal(2u, Read(OtherData, 2));

        ulong Read(ulong place, int value)
        {
            Entry(TinyGuest.CodeAddress, TinyGuest.CodeAddress);
            Entry(Data, place);
            Entry(0x10000, 0x10000);
            BinaryPrimitives.WriteInt32LittleEndian(memory.Slice(place - Tables, sizeof(int)), value);
            guest.Machine.Settle();
            guest.Machine.SetState(state);
            guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rflags = 2 });
            Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x10000), MemoryAccessKind.Write), guest.Machine.Run());
            return guest.Machine.GetRegisters().Rax;
        }

        // The bits are present, writable, user, accessed and dirty.
        void Entry(ulong virtualAddress, ulong physicalAddress) =>
            BinaryPrimitives.WriteUInt64LittleEndian(
                memory.Slice(virtualAddress / 0x1000 * sizeof(ulong), sizeof(ulong)), physicalAddress | 0x67);
    }

    [KvmFact]
    public void Features_that_guests_must_not_use_are_hidden()
    {
        KvmCpuidEntry[] entries = TestHypervisor.System.Cpuid(36);

        // Hidden features: VMX and x2APIC, shadow stacks and protection keys, branch tracking, SVM (amd64 sheet, section 4.5).
        Assert.All(entries.Where(entry => entry.Function == 1), entry => Assert.Equal(0u, entry.Ecx & (1u << 5 | 1u << 21)));
        Assert.All(
            entries.Where(entry => entry is { Function: 7, Index: 0 }),
            entry => Assert.Equal((0u, 0u), (entry.Ecx & 0x98, entry.Edx & 1u << 20)));
        Assert.All(entries.Where(entry => entry.Function == 0x8000_0001), entry => Assert.Equal(0u, entry.Ecx & 1u << 2));
        Assert.Contains(entries, entry => entry.Function == 1 && entry.Edx != 0);
    }

    // The host has every feature. Hidden are VMX and x2APIC, shadow stacks, protection keys, branch tracking, KVM's features and SVM, and
    // nothing else.
    [Theory]
    [InlineData(1, 0, uint.MaxValue, ~(1u << 5 | 1u << 21), uint.MaxValue)]
    [InlineData(7, 0, uint.MaxValue, ~(1u << 3 | 1u << 4 | 1u << 7), ~(1u << 20))]
    [InlineData(7, 1, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0xD, 0, ~(1u << 9), uint.MaxValue, uint.MaxValue)]
    [InlineData(0xD, 1, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0x4000_0000, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0x4000_0001, 0, 0u, uint.MaxValue, 0u)]
    [InlineData(0x8000_0001, 0, uint.MaxValue, ~(1u << 2), uint.MaxValue)]
    public void Features_are_hidden_on_every_host(uint function, uint index, uint eax, uint ecx, uint edx)
    {
        KvmCpuidEntry entry = new()
        {
            Function = function,
            Index = index,
            Eax = uint.MaxValue,
            Ebx = uint.MaxValue,
            Ecx = uint.MaxValue,
            Edx = uint.MaxValue,
        };

        CpuidMask.Apply(ref entry, 36);

        Assert.Equal((eax, uint.MaxValue, ecx, edx), (entry.Eax, entry.Ebx, entry.Ecx, entry.Edx));
    }

    [KvmTheory]
    [InlineData(1, 1u << 5 | 1u << 21)]
    [InlineData(7, 1u << 3 | 1u << 4 | 1u << 7)]
    [InlineData(0x8000_0001, 1u << 2)]
    public void The_guest_does_not_see_them(uint function, uint features)
    {
        // mov eax, function; xor ecx, ecx; cpuid; mov eax, ecx; mov edx, 0x10; out dx, eax
        using TinyGuest guest = TinyGuest.LongMode(
            [0xB8, .. BitConverter.GetBytes(function), 0x31, 0xC9, 0x0F, 0xA2, 0x89, 0xC8, 0xBA, 0x10, 0, 0, 0, 0xEF, 0xF4]);

        Assert.Equal(0u, (uint)guest.Machine.Run().Value & features);
    }

    [KvmFact]
    public void The_guest_sees_that_kvm_offers_it_nothing()
    {
        // mov eax, 0x40000001; cpuid; mov ebx, edx; mov edx, 0x10; out dx, eax; mov eax, ebx; out dx, eax
        using TinyGuest features = TinyGuest.LongMode(
            [0xB8, 1, 0, 0, 0x40, 0x0F, 0xA2, 0x89, 0xD3, 0xBA, 0x10, 0, 0, 0, 0xEF, 0x89, 0xD8, 0xEF, 0xF4]);
        Assert.Equal((0u, 0u), ((uint)features.Machine.Run().Value, (uint)features.Machine.Run().Value));
    }

    private static TinyGuest Filtered(uint[] allowed, byte[] code)
    {
        Assert.SkipUnless(TestHypervisor.System.HasMsrFilter, "probe MsrFilter: KVM_CAP_X86_MSR_FILTER is not there");
        return TinyGuest.LongModeWith(MsrPolicy.Filtered([.. allowed]), code);
    }

    // Code and stack segments of 64-bit programs (Intel SDM volume 3, section 3.4.5).
    private static SpecialRegisters AtLowestPrivilege(SpecialRegisters registers)
    {
        registers.Cs = registers.Cs with { Dpl = 3, Selector = 0x33, G = 1, Limit = uint.MaxValue };
        registers.Ss = new() { Type = 3, Present = 1, S = 1, Dpl = 3, Db = 1, G = 1, Limit = uint.MaxValue, Selector = 0x2B };
        return registers;
    }

    private static void AssertSetBack(TinyGuest guest)
    {
        ProcessorState before = guest.Machine.GetState();
        Assert.Equal(VirtualMachineExit.Out(0x10, 0x1234, 4), guest.Machine.Run());
        ProcessorState written = guest.Machine.GetState();

        guest.Machine.Settle();
        guest.Machine.SetState(before);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadSysenterEip, Rflags = 2 });
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), guest.Machine.Run());

        // A register that the snapshot contains gets its value from the snapshot, every other register its initial value.
        guest.Machine.Settle();
        guest.Machine.SetState(written);
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadSysenterEip, Rflags = 2 });
        Assert.Equal(VirtualMachineExit.Out(0x10, 0x1234, 4), guest.Machine.Run());
        guest.Machine.Settle();
        guest.Machine.SetState(written with { Msrs = [] });
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadSysenterEip, Rflags = 2 });
        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), guest.Machine.Run());
    }
}
