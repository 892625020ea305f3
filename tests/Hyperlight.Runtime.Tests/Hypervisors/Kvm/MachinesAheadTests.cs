using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests that the machine of the next sandbox is made ahead while more and more sandboxes are alive.</summary>
[Collection(nameof(Alone))]
public sealed class MachinesAheadTests : IDisposable
{
    private static readonly MachineKind Kind = MachineKind.Of(GuestLayouts.Amd64V16);
    private static readonly MachineKind OtherKind = MachineKind.Of(GuestLayouts.I686V13);

    private readonly List<BareMachine> _created = [];
    private readonly Queue<Action> _aside = [];
    private readonly IdleMachines _machines;
    private bool _fails;

    public MachinesAheadTests() => _machines = new(maxCount: 2, Create, _aside.Enqueue);

    public void Dispose() => _created.ForEach(machine => machine.Dispose());

    [KvmFact(Needs.Kvm)]
    public void The_third_machine_is_made_ahead_and_then_each_next_one()
    {
        List<BareMachine> taken = [Take(Kind)];
        Assert.Empty(_aside);
        taken.Add(Take(Kind));
        for (int count = 3; count < 6; count++)
        {
            Assert.Equal(1, RunAside());
            Assert.Equal(count, _created.Count);
            taken.Add(Take(Kind));
            Assert.Equal(count, _created.Count);
        }

        Assert.Equal(_created, taken);
    }

    [KvmFact(Needs.Kvm)]
    public void One_sandbox_at_a_time_needs_no_machine_ahead()
    {
        for (int round = 0; round < 5; round++)
        {
            _machines.Keep(Take(Kind));
        }

        Assert.Empty(_aside);
        Assert.Single(_created);
    }

    [KvmFact(Needs.Kvm)]
    public void No_machine_is_made_while_one_is_kept_and_none_for_another_kind()
    {
        BareMachine one = Take(Kind);
        BareMachine another = Take(Kind);
        Assert.Equal(1, RunAside());
        _machines.Keep(one);
        Assert.Same(one, Take(Kind));
        Assert.Equal(0, RunAside());

        Take(OtherKind);
        Assert.Equal(0, RunAside());
        Assert.Equal([Kind, Kind, Kind, OtherKind], _created.Select(machine => machine.Kind));
        Assert.NotSame(another, Take(Kind));
        Assert.Equal(1, RunAside());
    }

    [KvmFact(Needs.Kvm)]
    public void One_machine_of_a_kind_is_made_at_a_time()
    {
        for (int count = 1; count < 5; count++)
        {
            Take(Kind);
        }

        Assert.Equal(1, RunAside());
        Assert.Equal(5, _created.Count);
    }

    [KvmFact(Needs.Kvm)]
    public void A_machine_that_cannot_be_made_ahead_is_made_when_it_is_needed()
    {
        Take(Kind);
        Take(Kind);
        _fails = true;
        Assert.Equal(1, RunAside());
        Assert.Throws<HypervisorException>(() => Take(Kind));

        _fails = false;
        Take(Kind);
        Assert.Equal(1, RunAside());
        Assert.Equal(4, _created.Count);
    }

    [KvmTheory(Needs.Kvm)]
    [InlineData(false)]
    [InlineData(true)]
    public void Sandboxes_that_stay_alive_get_machines_that_other_threads_made(bool fromSnapshot)
    {
        using IVirtualMachine fresh = CreateMachine(TestHypervisor.Kvm);
        fresh.Start(pageTables: default);
        ProcessorState snapshot = fresh.GetState();
        AppContext.SetSwitch(KvmSystem.AheadSwitch, true);
        try
        {
            KvmHypervisor hypervisor = new();
            List<IVirtualMachine> machines = [];
            for (int count = 0; count < 4; count++)
            {
                machines.Add(CreateMachine(hypervisor));
                if (fromSnapshot)
                {
                    machines[^1].SetState(snapshot);
                }
                else
                {
                    machines[^1].Start(pageTables: default);
                }

                Assert.Equal(count > 0, SpinWait.SpinUntil(() => HasIdle(hypervisor.System.Idle), WaitFor(count)));
            }

            // mov al, 42; out 0x10, al
            using (TinyGuest guest = TinyGuest.LongModeOn(CreateMachine(hypervisor), hypervisor.Memory, 0xB0, 42, 0xE6, 0x10))
            {
                Assert.Equal(VirtualMachineExit.Out(0x10, 42, 1), guest.Machine.Run());
            }

            machines.ForEach(machine => machine.Dispose());
            while (hypervisor.System.Idle.TryTake(Kind) is { } kept)
            {
                kept.Dispose();
            }
        }
        finally
        {
            AppContext.SetSwitch(KvmSystem.AheadSwitch, false);
        }

        static bool HasIdle(IdleMachines machines)
        {
            BareMachine? machine = machines.TryTake(Kind);
            if (machine is not null)
            {
                machines.Keep(machine);
            }

            return machine is not null;
        }

        // The first sandbox makes nothing ahead.
        static TimeSpan WaitFor(int count) => TimeSpan.FromSeconds(count == 0 ? 0.1 : 10);
    }

    private static IVirtualMachine CreateMachine(KvmHypervisor hypervisor) =>
        hypervisor.CreateMachine(GuestLayouts.Amd64V16, allowedMsrs: [], hasInterrupts: false);

    private BareMachine Create(MachineKind kind)
    {
        if (_fails)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found($"refused"));
        }

        KvmSystem system = TestHypervisor.Kvm.System;
        _created.Add(BareMachine.Create(system, kind, MsrPolicy.For(system, []), hasInterrupts: false));
        return _created[^1];
    }

    private BareMachine Take(MachineKind kind)
    {
        BareMachine machine = _machines.Take(kind);
        _machines.MakeAhead(kind);
        return machine;
    }

    /// <summary>Does the work that waits for another thread.</summary>
    /// <returns>The number of pieces of work.</returns>
    private int RunAside()
    {
        int count = _aside.Count;
        while (_aside.TryDequeue(out Action? work))
        {
            work();
        }

        return count;
    }
}
