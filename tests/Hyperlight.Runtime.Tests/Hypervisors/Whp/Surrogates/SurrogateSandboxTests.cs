using System.Runtime.CompilerServices;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Hypervisors.Whp.Surrogates;
using Hyperlight.Memory.Windows;
using Hyperlight.Runtime.Tests.Guests;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

/// <summary>Tests sandboxes whose surrogate process somebody ends, and sandboxes that nobody disposes.</summary>
[Trait("Wine", "yes")]
[Collection(nameof(Alone))]
public sealed class SurrogateSandboxTests : IDisposable
{
    private readonly Sources _sources = new();
    private readonly WhpHypervisor _hypervisor;

    public SurrogateSandboxTests()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");
        _hypervisor = new(new WindowsHostMemory(), _sources, static () => new WindowsSignal());
    }

    public void Dispose() => _sources.Pool.Dispose();

    [Fact]
    public void A_sandbox_whose_process_was_ended_can_be_disposed_and_the_next_one_runs()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = Start(guest);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        End(_sources.Last);

        SandboxUnrecoverableException lost = Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Restore(snapshot));

        Assert.Contains("HL5007", lost.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Unrecoverable, sandbox.State);
        sandbox.Dispose();
        Assert.Equal(0, _sources.Pool.Count);
        Assert.Equal((0U, 0U), (WhpShim.Live(WhpObject.Partition), WhpShim.Live(WhpObject.Mapping)));
        using Sandbox next = snapshot.CreateSandbox(options => options.Hypervisor = _hypervisor);
        Assert.Equal(42, next.Call<int>("DataWord"));
    }

    [Fact]
    public void Sandboxes_that_nobody_disposes_give_their_processes_back()
    {
        const int Lost = 3;
        using TestGuest guest = new("misbehave");
        using Sandbox origin = Start(guest);
        using Snapshot snapshot = origin.TakeSnapshot();

        for (int round = 0; round < 2; round++)
        {
            Lose(snapshot, Lost);
            Assert.Equal(Lost + 1U, WhpShim.Live(WhpObject.Partition));
            GC.Collect();
            GC.WaitForPendingFinalizers();

            Assert.Equal(1U, WhpShim.Live(WhpObject.Partition));
            Assert.Equal(Lost + 1, _sources.Pool.Count);
        }

        Assert.Equal(42, origin.Call<int>("DataWord"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lose(Snapshot snapshot, int count)
    {
        for (int i = 0; i < count; i++)
        {
            snapshot.CreateSandbox(options => options.Hypervisor = _hypervisor);
        }
    }

    private Sandbox Start(TestGuest guest) => guest.Start(options => options.Hypervisor = _hypervisor);

    private static void End(nint handle)
    {
        using SafeProcessHandle process = new(handle, ownsHandle: false);
        Assert.NotEqual(0, ProcessApi.Terminate(process, 1));
        Assert.Equal(ProcessApi.Signaled, ProcessApi.Wait(process, 10_000));
    }

    /// <summary>A pool, and the handle of the process that was taken last.</summary>
    private sealed class Sources : IMemorySources
    {
        public SurrogatePool Pool { get; } = new(initial: 0, maximum: 8);

        public nint Last { get; private set; }

        public bool AreOtherProcesses => true;

        public IMemorySource Take()
        {
            IMemorySource source = Pool.Take();
            Last = source.Process!.Value;
            return source;
        }
    }
}
