using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>
/// The life of a sandbox, in which one request to the hypervisor or to the memory of the host is refused. After the refusal the scenario
/// goes on in the way that the state of the sandbox allows.
/// </summary>
/// <param name="guest">The guest.</param>
/// <param name="file">A file to map.</param>
/// <param name="region">A region to map.</param>
/// <param name="address">An address at which the guest has no memory.</param>
/// <param name="refusal">The request that is refused.</param>
internal sealed class RefusedScenario(TestGuest guest, string file, SharedRegion region, GuestPhysicalAddress address, IRefusal refusal)
    : IDisposable
{
    private readonly List<Snapshot> _snapshots = [];
    private Sandbox? _sandbox;
    private RegionMapping? _mapping;
    private int _last;

    private string? Request => refusal.Request;

    private Sandbox Sandbox => _sandbox!;

    private GuestPhysicalAddress SecondAddress => address + 0x10000;

    /// <summary>Runs the scenario.</summary>
    /// <returns>The step in which a request was refused, or <c>null</c> if the scenario has fewer requests.</returns>
    public string? Run()
    {
        string? refused = null;
        foreach ((string name, Action step) in Steps())
        {
            Exception? failure = Record.Exception(step);
            if (refused is not null || Request is null)
            {
                Assert.True(failure is null, $"{Request} in {refused}, {name} afterwards: {failure}");
                continue;
            }

            refused = name;
            SandboxState state = _sandbox?.State ?? SandboxState.Ready;
            Assert.True(
                (refusal.IsSilent ? SandboxState.Ready : Expected(name, Request)) == state, $"{Request} in {name}: {state}, {failure}");
            if (name == "Release" || refusal.IsSilent)
            {
                // The disposal of a mapping throws nothing: the next user of the sandbox unmaps the region.
                Assert.True(failure is null, $"{Request} in {name}: {failure}");
                continue;
            }

            Assert.True(
                failure is not null && refusal.IsReason(failure),
                $"{Request} in {name}: {failure}");
            if (!Recover(state))
            {
                break;
            }

            step();
        }

        return refused;
    }

    public void Dispose()
    {
        DisposeSandbox();
        _snapshots.ForEach(snapshot => snapshot.Dispose());
    }

    // Sandbox.Restore and GuestMachine.Restore document the states after a restore.
    private static SandboxState Expected(string step, string request) => (step, request) switch
    {
        ("Call", _) or ("Restore", "Settle" or "SetState" or "Commit" or "SetRegisters") => SandboxState.Poisoned,
        ("Restore", "Unmap" or "Map" or "Discard" or "Reset") => SandboxState.Unrecoverable,
        _ => SandboxState.Ready,
    };

    private (string Name, Action Step)[] Steps() =>
    [
        ("Start", () => _sandbox = guest.Start(Configure)),
        ("Call", () => Set(1)),
        ("Call", () => Sandbox.Call("SpinInHostCall")),
        ("TakeSnapshot", Take),
        ("MapRegion", () => _mapping = Sandbox.MapRegion(region, address)),
        ("MapFile", () => Sandbox.MapFile(file, SecondAddress)),
        ("Call", () => Set(2)),
        ("TakeSnapshot", Take),
        ("Release", () => _mapping!.Dispose()),
        ("Call", () => Set(3)),
        ("AfterRelease", () => Assert.Null(Sandbox.Machine.RegionAt(address))),
        ("Restore", () => Restore(0)),
        ("Call", () => Assert.Equal(1, Sandbox.Call<int>("DataWord"))),
        ("AfterRestore", () => Assert.Null(Sandbox.Machine.RegionAt(SecondAddress))),
        ("MapFile", () => Sandbox.MapFile(file, SecondAddress)),
        ("Unmap", () => Sandbox.Unmap(SecondAddress)),
        ("Restore", () => Restore(1)),
        ("Call", () => Assert.Equal(2, Sandbox.Call<int>("DataWord"))),
        ("Dispose", DisposeSandbox),
        ("Resume", Resume),
    ];

    private bool Recover(SandboxState state)
    {
        switch (state)
        {
            case SandboxState.Poisoned:
                Assert.Throws<SandboxPoisonedException>(() => Sandbox.Call("DataWord"));
                if (_snapshots.Count == 0)
                {
                    return false;
                }

                Restore(_last);
                return true;
            case SandboxState.Unrecoverable:
                Assert.Throws<SandboxUnrecoverableException>(() => Sandbox.Call("DataWord"));
                Assert.Throws<SandboxUnrecoverableException>(() => Restore(_last));
                return false;
            default:
                return true;
        }
    }

    private void DisposeSandbox()
    {
        _sandbox?.Dispose();
        _sandbox = null;
    }

    private void Set(int value)
    {
        Sandbox.Call("SetDataWord", value);
        Assert.Equal(value, Sandbox.Call<int>("DataWord"));
    }

    private void Take()
    {
        _snapshots.Add(Sandbox.TakeSnapshot());
        _last = _snapshots.Count - 1;
    }

    private void Restore(int snapshot)
    {
        Sandbox.Restore(_snapshots[snapshot]);
        _last = snapshot;
    }

    private void Resume()
    {
        using Sandbox other = _snapshots[1].CreateSandbox(Configure);
        Assert.Equal(2, other.Call<int>("DataWord"));
    }

    private void Configure(SandboxOptions options)
    {
        options.Print = options.DebugPrint = TextWriter.Null;
        options.HostFunctions.Add("Block", () => { });
        options.Hypervisor = refusal.Hypervisor;
    }
}
