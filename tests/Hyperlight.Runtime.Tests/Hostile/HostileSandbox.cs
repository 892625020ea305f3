namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>Checks sandboxes that were created from a forged snapshot.</summary>
internal static class HostileSandbox
{
    /// <summary>
    /// Calls the guest and takes a snapshot. Both succeed or fail with a documented exception, and then a good snapshot heals the sandbox.
    /// </summary>
    public static void AssertContained(Sandbox sandbox, Snapshot good)
    {
        Exception? failure = Record.Exception(
            () => sandbox.Call<int>("DataWord", new CallOptions { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.True(failure is null or HyperlightException or TimeoutException, $"{failure}");
        failure = Record.Exception(() => sandbox.TakeSnapshot().Dispose());
        Assert.True(failure is null or HyperlightException, $"{failure}");
        sandbox.Restore(good);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }
}
