using Hyperlight.Hypervisors;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>
/// Tests that a new sandbox reuses the machine of a disposed one and finds nothing of the earlier guest. Other tests would take the
/// machine, so no other tests run at the same time.
/// </summary>
[Collection(nameof(Alone))]
public class MachineReuseTests
{
    private const int ReadOffset = 0x80;
    private const int MxcsrMask = 28;
    private const int XsaveHeader = 512;
    private const int Rounds = 50;
    private const int Threads = 4;

    /// <summary>Each row has code that changes the processor and halts, and code that writes the changed value to port 0x10.</summary>
    public static TheoryData<string, byte[], byte[]> Traces => new()
    {
        // mov eax, 0x1234; mov dr0, rax; hlt / mov rax, dr0; out 0x10, eax
        { "a breakpoint", [0xB8, 0x34, 0x12, 0, 0, 0x0F, 0x23, 0xC0, 0xF4], [0x0F, 0x21, 0xC0, 0xE7, 0x10] },

        // mov eax, 5; mov cr8, rax; hlt / mov rax, cr8; out 0x10, eax
        { "a task priority", [0xB8, 5, 0, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4], [0x44, 0x0F, 0x20, 0xC0, 0xE7, 0x10] },

        // mov eax, 0x1234; mov cr2, rax; hlt / mov rax, cr2; out 0x10, eax
        { "the address of a page fault", [0xB8, 0x34, 0x12, 0, 0, 0x0F, 0x22, 0xD0, 0xF4], [0x0F, 0x20, 0xD0, 0xE7, 0x10] },

        // mov rax, cr4; or eax, 0x10000; mov cr4, rax; mov eax, 0x1234; wrgsbase rax; swapgs; hlt / the same up to cr4; swapgs; rdgsbase
        // rax; out 0x10, eax
        {
            "the other base of GS",
            [0x0F, 0x20, 0xE0, 0x0D, 0, 0, 1, 0, 0x0F, 0x22, 0xE0, 0xB8, 0x34, 0x12, 0, 0, 0xF3, 0x48, 0x0F, 0xAE, 0xD8, 0x0F, 0x01, 0xF8,
                0xF4],
            [0x0F, 0x20, 0xE0, 0x0D, 0, 0, 1, 0, 0x0F, 0x22, 0xE0, 0x0F, 0x01, 0xF8, 0xF3, 0x48, 0x0F, 0xAE, 0xC8, 0xE7, 0x10]
        },

        // mov r15d, 0x1234; hlt / xor eax, eax; out 0x10, eax. All general registers of a new guest are set.
        { "a general register", [0x41, 0xBF, 0x34, 0x12, 0, 0, 0xF4], [0x44, 0x89, 0xF8, 0xE7, 0x10] },
    };

    [KvmTheory(Needs.Kvm)]
    [MemberData(nameof(Traces))]
    public void Nothing_is_left_of_the_guest_before(string trace, byte[] write, byte[] read)
    {
        byte[] code = [.. write, .. new byte[ReadOffset - write.Length], .. read];
        using (TinyGuest first = TinyGuest.LongMode(TestHypervisor.Kvm, code))
        {
            Assert.Equal(VirtualMachineExit.Halt, first.Machine.Run());
            Assert.True(Read(first) != 0, $"{trace} was not there in the first place");
            Assert.Equal(VirtualMachineExitKind.Out, Restart(first).Kind);
        }

        int machines = CountMachines();
        using TinyGuest second = TinyGuest.LongMode(TestHypervisor.Kvm, code);
        Assert.Equal(machines, CountMachines());

        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 4), Restart(second));

        static VirtualMachineExit Restart(TinyGuest guest)
        {
            guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadOffset, Rflags = 2 });
            return guest.Machine.Run();
        }

        static uint Read(TinyGuest guest)
        {
            GeneralRegisters registers = guest.Machine.GetRegisters();
            guest.Machine.SetRegisters(registers with { Rip = TinyGuest.CodeAddress + ReadOffset });
            return guest.Machine.Run().Value;
        }
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_that_is_used_again_is_as_a_new_one()
    {
        // mov al, 1; movdqu xmm0, [0x1000]; mov cr8, rax; hlt
        byte[] code = [0xB0, 1, 0xF3, 0x0F, 0x6F, 0x04, 0x25, 0, 0x10, 0, 0, 0x44, 0x0F, 0x22, 0xC0, 0xF4];
        KeptMachine.Close();
        ProcessorRegisters fresh;
        ProcessorState freshState;
        using (TinyGuest first = TinyGuest.LongMode(TestHypervisor.Kvm, code))
        {
            first.Machine.Settle();
            fresh = first.Machine.GetAllRegisters();
            freshState = first.Machine.GetState();
            first.Start();
            Assert.Equal(VirtualMachineExit.Halt, first.Machine.Run());
            Assert.False(fresh.Extended.AsSpan().SequenceEqual(first.Machine.GetAllRegisters().Extended), "XMM0 was not set");
        }

        int machines = CountMachines();
        using TinyGuest second = TinyGuest.LongMode(TestHypervisor.Kvm, code);
        Assert.Equal(machines, CountMachines());
        ProcessorRegisters again = second.Machine.GetAllRegisters();

        // Two fields may differ: the mask of MXCSR, which is set once the kernel has read the state, and the header, which lists the stored
        // parts.
        foreach (byte[] vector in (byte[][])[fresh.Extended, again.Extended])
        {
            vector.AsSpan(MxcsrMask, sizeof(uint)).Clear();
            vector.AsSpan(XsaveHeader, sizeof(ulong)).Clear();
        }

        Assert.Equal(fresh.Extended, again.Extended);
        Assert.Equal(fresh.Special, again.Special);
        Assert.Equal(fresh.ExtendedControl, again.ExtendedControl);
        Assert.Equal(freshState.Msrs, second.Machine.GetState().Msrs);
        Assert.Equal(0, second.Machine.TicksInGuest);
    }

    [KvmFact(Needs.Kvm)]
    public void The_memory_of_the_guest_before_is_gone()
    {
        using MappedMemory memory = Hypervisor.Chosen.Memory.Allocate(0x1000);

        // mov al, [0x8000]; hlt
        byte[] code = [0x8A, 0x04, 0x25, 0, 0x80, 0, 0, 0xF4];
        using (TinyGuest first = TinyGuest.LongMode(TestHypervisor.Kvm, code))
        {
            first.Machine.Map(2, new(0x8000), memory, MemoryPermissions.Read | MemoryPermissions.Write);
            Assert.Equal(VirtualMachineExit.Halt, first.Machine.Run());
        }

        int machines = CountMachines();
        using TinyGuest second = TinyGuest.LongMode(TestHypervisor.Kvm, code);
        Assert.Equal(machines, CountMachines());

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Read), second.Machine.Run());
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_whose_guest_crashed_is_not_used_again()
    {
        // ud2 without an interrupt table; mov al, [0x8000] without memory there; an endless loop
        AssertClosed(guest => Assert.Equal(VirtualMachineExit.Shutdown, guest.Machine.Run()), 0x0F, 0x0B);
        AssertClosed(
            guest => Assert.Equal(VirtualMachineExitKind.MemoryAccess, guest.Machine.Run().Kind), 0x8A, 0x04, 0x25, 0, 0x80, 0, 0, 0xF4);
        AssertClosed(
            guest =>
            {
                guest.Machine.Cancel();
                Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
            },
            0xEB, 0xFE);
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_with_registers_that_a_guest_may_use_is_not_used_again()
    {
        KeptMachine.Close();
        int machines = CountMachines();

        TinyGuest.LongModeWith(TestHypervisor.Kvm, [0x176], 0xF4).Dispose();

        Assert.Equal(machines, CountMachines());
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_that_is_disposed_twice_is_kept_once()
    {
        KeptMachine.Close();
        TinyGuest guest = TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4);
        guest.Dispose();
        guest.Machine.Dispose();

        using TinyGuest first = TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4);
        int machines = CountMachines();
        using TinyGuest second = TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4);

        Assert.Equal(machines + 1, CountMachines());
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_that_a_debugger_has_stepped_does_not_step_the_next_guest()
    {
        // nop; out 0x10, al; hlt
        byte[] code = [0x90, 0xE6, 0x10, 0xF4];
        using (TinyGuest first = TinyGuest.LongMode(TestHypervisor.Kvm, code))
        {
            Assert.Equal(VirtualMachineExitKind.Debug, Step(first));
            Assert.Equal(VirtualMachineExitKind.Out, Step(first));
        }

        int machines = CountMachines();
        using TinyGuest second = TinyGuest.LongMode(TestHypervisor.Kvm, code);
        Assert.Equal(machines, CountMachines());

        Assert.Equal(VirtualMachineExitKind.Out, second.Machine.Run().Kind);

        static VirtualMachineExitKind Step(TinyGuest guest)
        {
            guest.Machine.SetDebugging(DebugMode.Step);
            return guest.Machine.Run().Kind;
        }
    }

    [KvmFact(Needs.Kvm)]
    public void Two_machines_are_kept_for_each_processor_and_each_serves_one_sandbox()
    {
        KeptMachine.Close();
        int before = CountMachines();
        int kept = 2 * Environment.ProcessorCount;
        DisposeAll(Create(kept + 3));
        Assert.Equal(before + kept, CountMachines());

        TinyGuest[] again = Create(kept);
        Assert.Equal(before + kept, CountMachines());
        Assert.Equal(kept, again.Select(guest => guest.Machine).Distinct().Count());
        Assert.All(again, guest => Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run()));
        using TinyGuest another = TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4);
        Assert.Equal(before + kept + 1, CountMachines());
        DisposeAll(again);

        static TinyGuest[] Create(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4))];

        static void DisposeAll(TinyGuest[] guests) => Array.ForEach(guests, guest => guest.Dispose());
    }

    [KvmFact(Needs.Kvm)]
    public void A_guest_of_another_kind_does_not_get_it()
    {
        KeptMachine.Close();
        TinyGuest.LongMode(TestHypervisor.Kvm, 0xF4).Dispose();
        int machines = CountMachines();

        using TinyGuest other = TinyGuest.RealMode(TestHypervisor.Kvm, 0xF4);

        Assert.Equal(machines + 1, CountMachines());
        Assert.Equal(VirtualMachineExit.Halt, other.Machine.Run());
    }

    [KvmFact(Needs.Kvm)]
    public async Task Sandboxes_that_come_and_go_on_many_threads_never_meet()
    {
        using TestGuest image = new("hello");

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
            () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    using Sandbox sandbox = image.Start();
                    Assert.Equal((thread * Rounds) + round, sandbox.Call<int>("EchoInt", (thread * Rounds) + round));
                }
            },
            TestContext.Current.CancellationToken)));
    }

    private static void AssertClosed(Action<TinyGuest> run, params byte[] code)
    {
        KeptMachine.Close();
        int machines = CountMachines();
        using (TinyGuest guest = TinyGuest.LongMode(TestHypervisor.Kvm, code))
        {
            run(guest);
        }

        Assert.Equal(machines, CountMachines());
    }

    private static int CountMachines() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(
            path => new FileInfo(path).LinkTarget?.Contains("kvm-vm", StringComparison.Ordinal) == true);
}
