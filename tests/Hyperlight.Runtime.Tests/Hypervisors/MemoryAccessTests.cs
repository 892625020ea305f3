using System.Buffers.Binary;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests what a guest can reach of the memory that the host gives, shares and takes away.</summary>
public abstract class MemoryAccessTests : BehaviourTests
{
    private protected MemoryAccessTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void A_write_to_read_only_memory_is_an_exit_and_changes_nothing()
    {
        // mov byte [0x6010], 0x55
        using TinyGuest guest = RealMode(0xC6, 0x06, 0x10, 0x60, 0x55, 0xF4);
        guest.ReadOnly.Slice(0, 0x1000).Fill(0xEE);

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(TinyGuest.ReadOnlyAddress + 0x10), MemoryAccessKind.Write), guest.Machine.Run());
        Assert.Equal(0xEE, guest.ReadOnly.Slice(0x10, 1)[0]);
    }

    [Fact]
    public void Read_only_memory_can_be_read_by_the_guest()
    {
        // mov al, [0x6010]; out 0x10, al
        using TinyGuest guest = RealMode(0xA0, 0x10, 0x60, 0xE6, 0x10, 0xF4);
        guest.ReadOnly.Slice(0x10, 1)[0] = 0xEE;

        Assert.Equal(0xEEu, guest.Machine.Run().Value);
    }

    [Fact]
    public void An_access_to_no_memory_is_an_exit()
    {
        // mov al, [0x8000]
        using (TinyGuest reader = RealMode(0xA0, 0x00, 0x80, 0xF4))
        {
            Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Read), reader.Machine.Run());
        }

        // mov [0x8000], al
        using TinyGuest writer = RealMode(0xA2, 0x00, 0x80, 0xF4);
        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Write), writer.Machine.Run());
    }

    [Fact]
    public void Host_and_guest_see_what_the_other_writes()
    {
        // inc byte [0x2000]; hlt; jmp to the inc
        using TinyGuest guest = RealMode(0xFE, 0x06, 0x00, 0x20, 0xF4, 0xEB, 0xF9);
        guest.Memory.Slice(0x1000, 1)[0] = 41;
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(42, guest.Memory.Slice(0x1000, 1)[0]);

        guest.Memory.Slice(0x1000, 1)[0] = 7;

        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
        Assert.Equal(8, guest.Memory.Slice(0x1000, 1)[0]);
    }

    [Fact]
    public void Unmapped_memory_is_gone()
    {
        // mov al, [0x6010]
        using TinyGuest guest = RealMode(0xA0, 0x10, 0x60, 0xF4);
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());

        guest.Machine.Unmap(1);
        guest.Start();

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(TinyGuest.ReadOnlyAddress + 0x10), MemoryAccessKind.Read), guest.Machine.Run());
    }

    [Fact]
    public void A_slot_and_an_address_can_get_other_memory()
    {
        // mov al, [0x6010]; out 0x10, al
        using TinyGuest guest = RealMode(0xA0, 0x10, 0x60, 0xE6, 0x10, 0xF4);
        using MappedMemory other = Tested.Memory.Allocate(0x2000);
        other.Slice(0x10, 1)[0] = 0x77;
        Assert.Equal(0u, guest.Machine.Run().Value);

        guest.Machine.Unmap(1);
        guest.Machine.Map(1, new(TinyGuest.ReadOnlyAddress), other, MemoryPermissions.Read | MemoryPermissions.Execute);
        guest.Start();

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x77, 1), guest.Machine.Run());
        guest.Machine.Unmap(1);
    }

    [Fact]
    public void One_piece_of_memory_can_have_two_addresses()
    {
        // mov byte [0x7010], 0x55; mov al, [0x8010]; out 0x10, al
        using TinyGuest guest = RealMode(0xC6, 0x06, 0x10, 0x70, 0x55, 0xA0, 0x10, 0x80, 0xE6, 0x10, 0xF4);
        using MappedMemory shared = Tested.Memory.Allocate(0x1000);
        guest.Machine.Map(2, new(0x7000), shared, MemoryPermissions.Read | MemoryPermissions.Write);
        guest.Machine.Map(3, new(0x8000), shared, MemoryPermissions.Read);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x55, 1), guest.Machine.Run());
        guest.Machine.Unmap(2);
        guest.Machine.Unmap(3);
    }

    [Fact]
    public void Memory_over_other_memory_is_refused_and_the_other_stays()
    {
        // mov al, [0x6010]; out 0x10, al
        using TinyGuest guest = RealMode(0xA0, 0x10, 0x60, 0xE6, 0x10, 0xF4);
        guest.ReadOnly.Slice(0x10, 1)[0] = 0x77;
        using MappedMemory other = Tested.Memory.Allocate(0x2000);

        Assert.Throws<HypervisorException>(() => guest.Machine.Map(2, new(0x5000), other, MemoryPermissions.Read));

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x77, 1), guest.Machine.Run());
    }

    [Fact]
    public void Code_where_there_is_no_memory_does_not_run_for_ever()
    {
        // jmp 0x8000
        using TinyGuest guest = RealMode(0xE9, 0xFD, 0x6F);

        Assert.NotEqual(VirtualMachineExitKind.Halt, guest.Machine.Run().Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_that_was_reset_is_not_seen_through_a_translation_from_before(bool hasFile)
    {
        // On Linux the kernel tells the hypervisor when memory is reset. On Windows bytes are written, which no hypervisor is told.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Linux: Windows does not tell the hypervisor that memory was reset");

        // The guest has page tables of its own and runs at the lowest privilege, where every hypervisor uses cached translations.
        // 1: mov eax, [0x9000]; mov [0x10000], eax; jmp 1b
        const ulong Tables = 0x8000;
        const ulong Data = 0x9000;
        const ulong OtherData = 0xA000;
        using TinyGuest guest = LongMode(0x8B, 0x04, 0x25, 0, 0x90, 0, 0, 0x89, 0x04, 0x25, 0, 0, 1, 0, 0xEB, 0xF0);
        using MemoryTemplate template = hasFile ? Tested.Memory.CreateTemplate(0x3000, []) : new(0x3000, []);
        MappedMemory memory = Tested.Memory.Allocate(template);
        guest.Machine.Map(2, new(Tables), memory, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        guest.UseTables(Tables);
        ProcessorState state = guest.Machine.GetState();
        state = state with { Special = AtLowestPrivilege(state.Special) };

        Assert.Equal(1u, Read(Data, 1));
        memory.Reset(template);
        Assert.Equal(2u, Read(OtherData, 2));
        guest.Machine.Unmap(2);
        memory.Dispose();

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

    // Code and stack segments of 64-bit programs (Intel SDM volume 3, section 3.4.5).
    private static SpecialRegisters AtLowestPrivilege(SpecialRegisters registers)
    {
        registers.Cs = registers.Cs with { Dpl = 3, Selector = 0x33, G = 1, Limit = uint.MaxValue };
        registers.Ss = new() { Type = 3, Present = 1, S = 1, Dpl = 3, Db = 1, G = 1, Limit = uint.MaxValue, Selector = 0x2B };
        return registers;
    }
}
