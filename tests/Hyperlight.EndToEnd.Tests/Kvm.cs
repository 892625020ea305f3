namespace Hyperlight.EndToEnd.Tests;

/// <summary>The hypervisor, which tests that run a guest need.</summary>
internal static class Kvm
{
    /// <summary>Skips the test where <c>/dev/kvm</c> cannot be opened.</summary>
    public static void Require()
    {
        try
        {
            using var device = File.OpenHandle("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Kvm: {e.Message}");
        }
    }
}
