using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Basics;

/// <summary>Uses parts of the base class library.</summary>
internal static partial class Library
{
    public static string Linq() => string.Join(
        ';',
        from word in "the quick brown fox jumps over the lazy dog".Split(' ')
        group word by word.Length into words
        orderby words.Key
        select $"{words.Key}:{string.Join(',', words.Order(StringComparer.Ordinal))}");

    public static string Json()
    {
        Order order = JsonSerializer.Deserialize("""{"Name":"Grüße","Items":[{"Count":3,"Price":1.25}]}""", Orders.Default.Order)!;
        string price = order.Items[0].Price.ToString(CultureInfo.InvariantCulture);
        return JsonSerializer.Serialize(order with { Name = price }, Orders.Default.Order);
    }

    public static string Regex() =>
        System.Text.RegularExpressions.Regex.Replace("2026-11-28", @"(\d+)-(\d+)-(\d+)", "$3.$2.$1");

    public static string Numbers() => string.Create(
        CultureInfo.InvariantCulture,
        $"{BigInteger.Pow(3, 60)} {Math.Sin(1):R} {1m / 3} {double.Parse("1e-5", CultureInfo.InvariantCulture)}");

    internal sealed record Order(string Name, Item[] Items);

    internal sealed record Item(int Count, decimal Price);

    [JsonSerializable(typeof(Order))]
    internal sealed partial class Orders : JsonSerializerContext;
}
