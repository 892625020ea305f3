namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Fails a class of tests after which the platform still holds objects.</summary>
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
