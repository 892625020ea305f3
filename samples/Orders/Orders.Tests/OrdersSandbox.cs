namespace Orders.Tests;

/// <summary>A sandbox with the guest. Tests that use it are skipped where guests cannot run.</summary>
public sealed class OrdersSandbox : IDisposable
{
    private readonly Sandbox? _sandbox;
    private readonly string? _reason = Hypervisor.Check()?.ToString();

    public OrdersSandbox()
    {
        try
        {
            _sandbox = _reason is null
                ? Guests.OrdersGuest.CreateSandbox(options => options.HostFunctions.Add(new FixedRates()))
                : null;
        }
        catch (GuestFaultException e) when (e.Message.StartsWith("HL5008", StringComparison.Ordinal))
        {
            _reason = e.Message; // This machine's KVM interprets guests and lacks SSE.
        }
    }

    public IOrders Orders
    {
        get
        {
            Assert.SkipWhen(_sandbox is null, _reason ?? "");
            return IOrders.For(_sandbox);
        }
    }

    public void Dispose() => _sandbox?.Dispose();

    private sealed class FixedRates : IRates
    {
        public Task<decimal> RateAsync(string currency) => Task.FromResult(2m);
    }
}
