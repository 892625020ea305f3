using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests that frequent operations allocate nothing on the managed heap.</summary>
public sealed class AllocationTests : IDisposable
{
    private readonly TestGuest _guest = new("hello");
    private readonly Sandbox _sandbox;

    public AllocationTests() => _sandbox = _guest.Start(options => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b));

    public void Dispose()
    {
        _sandbox.Dispose();
        _guest.Dispose();
    }

    [KvmFact]
    public void A_scalar_call_allocates_nothing() => AssertAllocatesNothing(() => _sandbox.Call<long>("EchoLong", 42L));

    [KvmFact]
    public void A_call_without_result_allocates_nothing() => AssertAllocatesNothing(() => _sandbox.Call("Nothing"));

    [KvmFact]
    public void A_call_that_calls_the_host_with_scalars_allocates_nothing() =>
        AssertAllocatesNothing(() => _sandbox.Call<int>("Add", 20, 22));

    [KvmFact]
    public void A_call_with_a_limit_of_its_own_allocates_nothing() =>
        AssertAllocatesNothing(() => _sandbox.Call<bool>("EchoBool", new CallOptions { Timeout = TimeSpan.FromSeconds(20) }, true));

    [KvmFact]
    public void A_result_in_the_callers_memory_allocates_nothing()
    {
        byte[] bytes = new byte[3000];

        AssertAllocatesNothing(() => _sandbox.CallInto("EchoBytes", bytes, bytes));
    }

    [KvmFact]
    public void A_result_of_bytes_allocates_its_array_only()
    {
        byte[] bytes = new byte[3000];
        _sandbox.Call<byte[]>("EchoBytes", bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        _sandbox.Call<byte[]>("EchoBytes", bytes);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length, bytes.Length + 32);
    }

    [KvmFact]
    public void A_restore_allocates_nothing()
    {
        using Snapshot snapshot = _sandbox.TakeSnapshot();

        AssertAllocatesNothing(() =>
        {
            _sandbox.Call<int>("EchoInt", 42);
            _sandbox.Restore(snapshot);
        });
    }

    private static void AssertAllocatesNothing(Action action)
    {
        // In the first rounds the just-in-time compiler allocates memory.
        const int WarmUps = 20;
        for (int i = 0; i < WarmUps; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
