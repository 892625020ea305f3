namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Fails a class of tests that has left something in the platform.</summary>
public sealed class LeakCheck : IDisposable
{
    public void Dispose()
    {
        if (WhpShim.Missing is null)
        {
            Assert.Equal(WhpState.Empty, WhpState.Now());
        }
    }
}
