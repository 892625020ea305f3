using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orders;

/// <summary>Runs inside a micro-VM, because the rules come from customers.</summary>
[GuestExport]
internal sealed partial class OrderRules(IRates rates) : IOrders
{
    public async Task<decimal> PriceAsync(Order order, string rules, CancellationToken cancellationToken)
    {
        decimal sum = order.Lines.Sum(line => line.Count * line.Price) / await rates.RateAsync(order.Currency);
        decimal discount = JsonSerializer.Deserialize(rules, RuleJson.Default.RuleArray)!
            .Where(rule => rule.Matches(order, sum))
            .Select(rule => rule.Discount)
            .DefaultIfEmpty()
            .Max();
        return Math.Round(sum * (1 - discount), 2);
    }
}

/// <summary>A discount for orders of at least so many euros, with an article whose name contains a text.</summary>
internal sealed record Rule(decimal Discount, decimal Minimum = 0, string Article = "")
{
    public bool Matches(Order order, decimal sum) =>
        sum >= Minimum && order.Lines.Any(line => line.Article.Contains(Article, StringComparison.OrdinalIgnoreCase));
}

[JsonSerializable(typeof(Rule[]))]
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
internal sealed partial class RuleJson : JsonSerializerContext;
