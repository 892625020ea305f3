using Hyperlight.Hypervisors;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests machines that live at the same time, and machines that follow one another.</summary>
public abstract class SeveralMachineTests : BehaviourTests
{
    // mov al, [0x2000]; out 0x10, al; inc byte [0x2000]; jmp to the mov
    private static readonly byte[] CountAtPort = [0xA0, 0x00, 0x20, 0xE6, 0x10, 0xFE, 0x06, 0x00, 0x20, 0xEB, 0xF5];

    private protected SeveralMachineTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void Machines_of_different_modes_run_side_by_side()
    {
        using TinyGuest first = RealMode(CountAtPort);
        using TinyGuest second = RealMode(CountAtPort);
        using TinyGuest third = LongMode(0xEF, 0xEB, 0xFD);
        second.Memory.Slice(0x1000, 1)[0] = 100;
        for (uint i = 0; i < 3; i++)
        {
            Assert.Equal(VirtualMachineExit.Out(0x10, i, 1), first.Machine.Run());
            Assert.Equal(VirtualMachineExit.Out(0x10, 100 + i, 1), second.Machine.Run());
            Assert.Equal(VirtualMachineExit.Out(0, 0, 4), third.Machine.Run());
        }
    }

    [Fact]
    public void Two_machines_share_a_piece_of_memory()
    {
        // mov byte [0x8000], 0x55; hlt / mov al, [0x9000]; out 0x10, al
        using MappedMemory shared = Tested.Memory.Allocate(0x1000);
        using TinyGuest writer = RealMode(0xC6, 0x06, 0x00, 0x80, 0x55, 0xF4);
        using TinyGuest reader = RealMode(0xA0, 0x00, 0x90, 0xE6, 0x10);
        writer.Machine.Map(2, new(0x8000), shared, MemoryPermissions.Read | MemoryPermissions.Write);
        reader.Machine.Map(2, new(0x9000), shared, MemoryPermissions.Read);

        Assert.Equal(VirtualMachineExit.Halt, writer.Machine.Run());

        Assert.Equal(VirtualMachineExit.Out(0x10, 0x55, 1), reader.Machine.Run());
    }

    [Fact]
    public void A_machine_can_be_disposed_twice_and_another_one_follows()
    {
        for (uint i = 0; i < 5; i++)
        {
            using TinyGuest guest = RealMode(CountAtPort);
            Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());
            guest.Machine.Dispose();
        }
    }
}
