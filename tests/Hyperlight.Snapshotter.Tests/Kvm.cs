namespace Hyperlight.Snapshotter.Tests;

/// <summary>The hypervisor that tests need to run a guest.</summary>
internal static class Kvm
{
    /// <summary>Skips the test if guests cannot run on this machine.</summary>
    public static void Require()
    {
        if (Hypervisor.Check() is { } finding)
        {
            Assert.Skip($"probe Kvm: {finding}");
        }
    }
}
