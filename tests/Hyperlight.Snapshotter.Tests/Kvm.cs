namespace Hyperlight.Snapshotter.Tests;

/// <summary>The hypervisor, which tests that run a guest need.</summary>
internal static class Kvm
{
    /// <summary>Skips the test where guests cannot run.</summary>
    public static void Require()
    {
        if (Hypervisor.Check() is { } finding)
        {
            Assert.Skip($"probe Kvm: {finding}");
        }
    }
}
