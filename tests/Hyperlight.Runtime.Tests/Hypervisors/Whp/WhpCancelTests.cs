using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>
/// Tests cancels on the Windows backend. The shim ends the process if a partition is deleted while a cancel is inside of the platform,
/// which on Windows corrupts memory (whp.md, section 1).
/// </summary>
[Collection(nameof(Alone))]
public sealed class WhpCancelTests() : CancelTests(TestHypervisor.Whp), IWhpTests, IDisposable
{
    private const int Races = 10_000;

    // A delay in each cancel widens the window, and makes the race slower. Some rounds have one.
    private const int DelayedRaces = 1_000;
    private const uint DelayMicroseconds = 50;

    public void Dispose()
    {
        WhpShim.DelayCancels(0);
        WhpShim.CancelSpuriously(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_that_ends_as_canceled_though_nobody_asked_goes_on(uint count)
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        WhpShim.CancelSpuriously(count);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());
    }

    /// <summary>Old versions of Windows are known to end runs as canceled in place of another exit (whp.md, section 8).</summary>
    [Fact]
    public void Runs_that_end_as_canceled_without_end_are_an_error_that_says_where()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        WhpShim.CancelSpuriously(uint.MaxValue);

        string found = Record.Exception(() => guest.Machine.Run().Text ?? "")?.Message ?? guest.Machine.Run().Text ?? "";

        Assert.Contains("0x1000", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Races - DelayedRaces, 0)]
    [InlineData(DelayedRaces, DelayMicroseconds)]
    public void The_disposal_of_a_machine_may_race_with_its_cancel(int races, uint delay)
    {
        WhpShim.DelayCancels(delay);
        using MappedMemory memory = Tested.Memory.Allocate(0x1000);
        GuestCode.Forever.CopyTo(memory.Slice(0, GuestCode.Forever.Length));
        IVirtualMachine? current = null;
        bool done = false;
        Exception? failure = null;
        Thread canceler = new(() => failure = Record.Exception(() =>
        {
            while (!Volatile.Read(ref done))
            {
                Volatile.Read(ref current)?.Cancel();
            }
        }));
        canceler.Start();
        try
        {
            for (int i = 0; i < races; i++)
            {
                IVirtualMachine machine = Tested.CreateMachine(GuestLayouts.I686V13, [], hasInterrupts: false);
                machine.Start(default);
                machine.Map(0, new(TinyGuest.CodeAddress), memory, MemoryPermissions.Read | MemoryPermissions.Execute);
                machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress, Rflags = 2 });
                Volatile.Write(ref current, machine);

                // The cancel meets a machine that runs, or one that has never run.
                if (i % 4 == 0)
                {
                    Assert.Equal(VirtualMachineExit.Canceled, machine.Run());
                }

                machine.Dispose();
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            canceler.Join();
        }

        Assert.Null(failure);
        Assert.Equal(WhpState.Empty, WhpState.Now());
    }
}
