namespace Orders.Tests;

/// <summary>Tests the rules where they run, inside a micro-VM. One sandbox serves all tests.</summary>
public sealed class OrderRulesTests(OrdersSandbox guest) : IClassFixture<OrdersSandbox>
{
    private static readonly Order Order = new("Ada", "USD", [new("Sea chart", 2, 50m), new("Compass", 1, 100m)]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("[]", 100)]
    [InlineData("""[{ "discount": 0.1 }]""", 90)]
    [InlineData("""[{ "discount": 0.1, "minimum": 101 }]""", 100)]
    [InlineData("""[{ "discount": 0.1 }, { "discount": 0.2, "article": "compass" }, { "discount": 0.9, "article": "anchor" }]""", 80)]
    public async Task An_order_gets_the_highest_discount_that_matches(string rules, int price) =>
        Assert.Equal(price, await guest.Orders.PriceAsync(Order, rules, Token));

    [Fact]
    public async Task Rules_that_are_no_json_fail_and_leave_the_guest_usable()
    {
        var exception = await Assert.ThrowsAsync<GuestErrorException>(() => guest.Orders.PriceAsync(Order, "{", Token));

        Assert.Equal("System.Text.Json.JsonException", exception.GuestExceptionType);
        Assert.Equal(100, await guest.Orders.PriceAsync(Order, "[]", Token));
    }
}
