using Orders;

try
{
    // Guests.OrdersGuest is the image that the build made from the project Orders.Guest.
    using Sandbox sandbox = Guests.OrdersGuest.CreateSandbox(options =>
    {
        options.CallTimeout = TimeSpan.FromSeconds(5);
        options.HostFunctions.Add(new Rates());
    });
    IOrders orders = IOrders.For(sandbox);

    Order order = new("Ada", "USD", [new("Sea chart", 3, 40.00m), new("Compass", 1, 55.50m)]);
    string rules = """[{ "discount": 0.1, "minimum": 100 }, { "discount": 0.2, "article": "compass" }]""";
    Console.WriteLine(await orders.PriceAsync(order, rules));
    return 0;
}
catch (HyperlightException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

/// <summary>Stands for a service that knows exchange rates.</summary>
internal sealed class Rates : IRates
{
    public Task<decimal> RateAsync(string currency) => Task.FromResult(currency == "USD" ? 1.17m : 1m);
}
