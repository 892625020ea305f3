using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// Checks that a process does not grow with 100,000 calls and 2,000 sandboxes. The first look at the process is after a tenth of the work,
/// when everything that is created once exists, the second after the rest. No other tests run at the same time, because the tests look at
/// the whole process.
/// </summary>
[Collection(nameof(Alone))]
public class SoakTests
{
    private const int Calls = 100_000;
    private const int Cycles = 2_000;
    private const int WarmUp = 10;

    // A round makes cheap calls and then one operation that could leave more behind.
    private const int CallsOfARound = 100;

    [KvmFact]
    public void Calls_leave_nothing_behind()
    {
        using TestGuest cheap = new CheapGuest().Bake();
        using Sandbox sandbox = cheap.Start();
        using TestGuest other = new(Victim.Amd64);
        using Sandbox dear = other.Start(options => options.HostFunctions.Add("Block", () => { }));
        using Snapshot start = dear.TakeSnapshot();
        void Rounds(int first, int last)
        {
            for (int round = first; round < last; round++)
            {
                for (int i = 0; i < CallsOfARound; i++)
                {
                    Assert.Equal(CheapGuest.Answer, sandbox.Call<int>("F"));
                }

                CallOnce(dear, start, round);
            }
        }

        Rounds(0, Calls / CallsOfARound / WarmUp);
        ProcessSize before = ProcessSize.Now();
        Rounds(Calls / CallsOfARound / WarmUp, Calls / CallsOfARound);

        ProcessSize.Now().AssertFlatSince(before);
    }

    [KvmFact]
    public void Sandboxes_leave_nothing_behind()
    {
        using TestGuest cheap = new CheapGuest().Bake();
        using TestGuest broken = new CheapGuest { FailsAtStart = true }.Bake();
        using TestGuest identity = new(Victim.I686);
        using Sandbox template = identity.Start();
        using Snapshot start = template.TakeSnapshot();
        void Run(int first, int last)
        {
            for (int cycle = first; cycle < last; cycle++)
            {
                CreateOnce(cycle, cheap, broken, start);
            }
        }

        Run(0, Cycles / WarmUp);
        ProcessSize before = ProcessSize.Now();
        Run(Cycles / WarmUp, Cycles);

        ProcessSize.Now().AssertFlatSince(before);
    }

    private static void CallOnce(Sandbox sandbox, Snapshot start, int round)
    {
        switch (round % 5)
        {
            case 0:
                sandbox.Call("SpinInHostCall");
                break;
            case 1:
                Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 3, "soaked"));
                break;
            case 2:
                sandbox.Call("SetBssWord", round);
                sandbox.Restore(start);
                break;
            case 3:
                Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 3, "soaked"));
                sandbox.Restore(start);
                break;
            default:
                // Without a call since the last restore, the new snapshot would be the restored one.
                sandbox.Call("DataWord");
                using (Snapshot snapshot = sandbox.TakeSnapshot())
                {
                    sandbox.Restore(snapshot);
                }

                break;
        }
    }

    private static void CreateOnce(int cycle, TestGuest cheap, TestGuest broken, Snapshot start)
    {
        switch (cycle % 5)
        {
            case 0:
                Assert.Throws<GuestFaultException>(() => broken.Start());
                break;
            case 1:
                Assert.Throws<OperationCanceledException>(() => cheap.Image.CreateSandbox(cancellationToken: new(canceled: true)));
                break;
            case 2:
                using (Sandbox sandbox = start.CreateSandbox())
                {
                    sandbox.Call("SetBssWord", cycle);
                }

                break;
            default:
                using (Sandbox sandbox = cheap.Start())
                {
                    Assert.Equal(CheapGuest.Answer, sandbox.Call<int>("F"));
                }

                break;
        }
    }
}
