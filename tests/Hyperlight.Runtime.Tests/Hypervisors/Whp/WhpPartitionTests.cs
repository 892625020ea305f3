using System.Runtime.CompilerServices;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests what becomes of partitions, their memory and their processor in cases that sandboxes do not bring about.</summary>
[Collection(nameof(Alone))]
public sealed class WhpPartitionTests : IWhpTests
{
    private const MemoryPermissions Everything = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;

    /// <summary>The platform would replace the memory that is there (whp sheet, section 3).</summary>
    [Theory]
    [InlineData(0x1000)]
    [InlineData(0x4000)]
    public void Memory_over_other_memory_is_refused_and_the_guest_keeps_its_own(ulong address)
    {
        using TinyGuest guest = TinyGuest.RealMode(TestHypervisor.Whp, 0xF4);
        using MappedMemory memory = TestHypervisor.Whp.Memory.Allocate(0x2000);

        HypervisorException refusal = Assert.Throws<HypervisorException>(() => guest.Machine.Map(2, new(address), memory, Everything));

        Assert.Contains("already", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    /// <summary>The platform leaves the instruction to the host, which moves the processor on at the next run.</summary>
    [Fact]
    public void The_address_after_an_OUT_is_behind_the_instruction()
    {
        // out 0x10, al; hlt
        using TinyGuest guest = TinyGuest.RealMode(TestHypervisor.Whp, 0xE6, 0x10, 0xF4);

        Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
        Assert.Equal(TinyGuest.CodeAddress + 2, guest.Machine.GetRegisters().Rip);
        Assert.Equal(TinyGuest.CodeAddress + 2, guest.Machine.GetAllRegisters().General.Rip);
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [Fact]
    public void Memory_stays_until_the_partition_is_deleted()
    {
        using IVirtualMachine machine = Create(new FakeProcesses());
        MappedMemory memory = TestHypervisor.Whp.Memory.Allocate(0x1000);
        memory.Slice(0, 1)[0] = 0xF4;
        machine.Start(default);
        machine.Map(0, new(TinyGuest.CodeAddress), memory, Everything);
        machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rflags = ResetValues.Rflags });

        memory.Dispose();

        Assert.Equal(VirtualMachineExit.Halt, machine.Run());
    }

    [Fact]
    public void A_machine_that_nobody_disposed_is_deleted_by_the_collector()
    {
        Abandon();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal(WhpState.Empty, WhpState.Now());
    }

    /// <summary>The collector finalizes the process of an abandoned machine before or after the machine.</summary>
    [Fact]
    public void A_process_that_was_finalized_first_does_not_end_the_program()
    {
        Sources sources = new();
        IVirtualMachine machine = Create(sources);
        using MappedMemory memory = TestHypervisor.Whp.Memory.Allocate(0x1000);
        machine.Map(0, new(TinyGuest.CodeAddress), memory, Everything);
        sources.IsGone = true;

        machine.Dispose();

        Assert.Equal(WhpState.Empty, WhpState.Now());
    }

    [Fact]
    public void Memory_that_the_process_cannot_have_is_not_kept()
    {
        Sources sources = new();
        using IVirtualMachine machine = Create(sources);
        using MappedMemory memory = TestHypervisor.Whp.Memory.Allocate(0x1000);
        sources.IsGone = true;

        Assert.Throws<ObjectDisposedException>(() => machine.Map(0, new(TinyGuest.CodeAddress), memory, Everything));

        sources.IsGone = false;
        machine.Map(0, new(TinyGuest.CodeAddress), memory, Everything);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon()
    {
        IVirtualMachine machine = Create(new FakeProcesses());
        machine.Map(0, new(TinyGuest.CodeAddress), TestHypervisor.Whp.Memory.Allocate(0x1000), Everything);
        Assert.NotEqual(WhpState.Empty, WhpState.Now());
    }

    private static IVirtualMachine Create(IMemorySources sources)
    {
        _ = TestHypervisor.Whp;
        return WhpShim.Create(sources).CreateMachine(GuestLayouts.I686V13, allowedMsrs: [], hasInterrupts: false);
    }

    /// <summary>This process, whose handle may be closed.</summary>
    private sealed class Sources : IMemorySources, IMemorySource
    {
        public bool IsGone { get; set; }

        public bool AreOtherProcesses => false;

        public nint? Process => null;

        public IMemorySource Take() => this;

        public ulong Map(MappedMemory memory)
        {
            ObjectDisposedException.ThrowIf(IsGone, this);
            return memory.Address;
        }

        public void Unmap(MappedMemory memory) => ObjectDisposedException.ThrowIf(IsGone, this);

        public void Dispose()
        {
        }
    }
}
