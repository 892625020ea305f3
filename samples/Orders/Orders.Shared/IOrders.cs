using Hyperlight;

namespace Orders;

/// <summary>The functions of the guest.</summary>
[GuestInterface]
public interface IOrders
{
    /// <summary>Computes the price of an order in euros, less the highest discount of the rules that match.</summary>
    /// <param name="order">The order.</param>
    /// <param name="rules">The customer's rules: a JSON array, see <c>Rule</c> in Orders.Guest.</param>
    /// <param name="cancellationToken">Stops the guest.</param>
    Task<decimal> PriceAsync(Order order, string rules, CancellationToken cancellationToken = default);
}

/// <summary>The functions of the host that the guest may call.</summary>
[HostInterface]
public interface IRates
{
    /// <summary>Gets how much of a currency one euro buys.</summary>
    Task<decimal> RateAsync(string currency);
}

public sealed record Order(string Customer, string Currency, Line[] Lines);

public sealed record Line(string Article, int Count, decimal Price);
