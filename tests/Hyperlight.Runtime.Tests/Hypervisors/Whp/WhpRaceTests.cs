using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>
/// Tests that no partition is deleted while a cancel is inside the platform, which on Windows corrupts memory (whp sheet, section 1). The
/// shim ends the process where that happens.
/// </summary>
[Collection(nameof(Alone))]
public sealed class WhpRaceTests : IWhpTests, IDisposable
{
    // Threads that wait for the deletion of a partition leave the processor to the others.
    private const int Threads = 8;
    private const int RacesOfThread = 1_250;

    // A delay in each cancel widens the window, and makes the race slower. Some races have one.
    private const int DelayedRacesOfThread = 50;
    private const uint DelayMicroseconds = 200;

    private readonly IVirtualMachine?[] _machines = new IVirtualMachine?[Threads];
    private readonly IHypervisor _hypervisor = TestHypervisor.Whp;
    private readonly MappedMemory _memory;

    public WhpRaceTests()
    {
        _memory = _hypervisor.Memory.Allocate(GuestLayout.PageSize);
        GuestCode.Forever.CopyTo(_memory.Slice(0, GuestCode.Forever.Length));
    }

    public void Dispose()
    {
        WhpShim.DelayCancels(0);
        _memory.Dispose();
    }

    [Theory]
    [InlineData(RacesOfThread, 0)]
    [InlineData(DelayedRacesOfThread, DelayMicroseconds)]
    public async Task The_disposal_of_a_machine_may_race_with_its_cancel(int races, uint delay)
    {
        WhpShim.DelayCancels(delay);
        ulong cancels = WhpShim.Calls("WHvCancelRunVirtualProcessor");
        using CancellationTokenSource done = new();
        Task canceler = OnOwnThread(() => CancelUntil(done.Token));

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => OnOwnThread(() => Race(thread, races))));

        await done.CancelAsync();
        await canceler;
        Assert.InRange(WhpShim.Calls("WHvCancelRunVirtualProcessor") - cancels, (ulong)(Threads * races / 2), ulong.MaxValue);
        Assert.Equal(WhpState.Empty, WhpState.Now());
    }

    private static Task OnOwnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void CancelUntil(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            for (int thread = 0; thread < Threads; thread++)
            {
                Volatile.Read(ref _machines[thread])?.Cancel();
            }
        }
    }

    // The cancel meets a machine that is about to run, runs, or has run; or one that never runs.
    private void Race(int thread, int races)
    {
        for (int i = 0; i < races; i++)
        {
            using IVirtualMachine machine = _hypervisor.CreateMachine(GuestLayouts.I686V13, [], hasInterrupts: false);
            machine.Start(default);
            machine.Map(0, new(TinyGuest.CodeAddress), _memory, MemoryPermissions.Read | MemoryPermissions.Execute);
            machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rflags = 2 });
            Volatile.Write(ref _machines[thread], machine);
            if (i % 4 != 0)
            {
                Assert.Equal(VirtualMachineExit.Canceled, machine.Run());
            }
        }

        Volatile.Write(ref _machines[thread], null);
    }
}
