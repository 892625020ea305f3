using System.Globalization;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>
/// Checks that neither the process nor the guest grows with 10,000 calls. The first look is after a tenth of the work, when everything that
/// is created once exists. No other tests run at the same time, because the tests look at the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SoakTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    private const int Calls = 10_000;
    private const int CallsWithoutRestore = 500;

    // Pages that a guest takes for its next call depend a little on where its last call ended.
    private const long MoreInSnapshot = 64 << 10;

    [KvmFact(Needs.Sse | Needs.Linux)]
    public void Calls_with_a_restore_every_tenth_leave_nothing_behind()
    {
        Sandbox sandbox = basics.Restored();
        Snapshot start = basics.Start;
        void Run(int first, int last)
        {
            for (int i = first; i < last; i++)
            {
                CallOnce(sandbox, i);
                if (i % 10 == 9)
                {
                    sandbox.Restore(start);
                }
            }
        }

        Run(0, Calls / 10);
        long guest = SizeAfterOneCall(sandbox);
        sandbox.Restore(start);
        ProcessSize before = ProcessSize.Now();
        Run(Calls / 10, Calls);

        ProcessSize.Now().AssertFlatSince(before);
        Assert.InRange(SizeAfterOneCall(sandbox), 0, guest + MoreInSnapshot);
    }

    [KvmFact(Needs.Sse)]
    public void Calls_without_a_restore_keep_a_guest_within_what_it_needs()
    {
        Sandbox sandbox = basics.Restored();
        void Run(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                CallOnce(sandbox, i);
            }
        }

        Run(CallsWithoutRestore);
        long alive = Alive(sandbox);
        long size = Size(sandbox);
        Run(CallsWithoutRestore);

        Assert.InRange(Alive(sandbox), 0, alive + 4096);
        Assert.InRange(Size(sandbox), 0, size + (1 << 20));
    }

    private static void CallOnce(Sandbox sandbox, int i)
    {
        switch (i % 20)
        {
            case 3:
                Assert.Contains(
                    "InvalidDataException",
                    Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Check", "throw")).GuestMessage,
                    StringComparison.Ordinal);
                break;
            case 5:
                Assert.Equal("0,1,4,9,16", sandbox.Call<string>("Check", "async"));
                break;
            case 11:
                Assert.Equal("NullReferenceException", sandbox.Call<string>("Check", "null"));
                break;
            case 13:
                Assert.Equal("42 7", sandbox.Call<string>("Check", "thread"));
                break;
            case 17:
                Assert.Equal("400", sandbox.Call<string>("Check", "churn"));
                break;
            default:
                Assert.Equal(i + 1, sandbox.Call<int>("Add", i, 1));
                break;
        }
    }

    private static long Alive(Sandbox sandbox) => long.Parse(sandbox.Call<string>("Check", "in-use"), CultureInfo.InvariantCulture);

    private static long SizeAfterOneCall(Sandbox sandbox)
    {
        sandbox.Call<int>("Add", 1, 2);
        return Size(sandbox);
    }

    private static long Size(Sandbox sandbox)
    {
        using Snapshot snapshot = sandbox.TakeSnapshot();
        return snapshot.Size;
    }
}
