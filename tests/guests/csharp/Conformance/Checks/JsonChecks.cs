using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Hyperlight.Conformance.Checks;

internal static class JsonChecks
{
    private const string OrderText = """
        {"id":7,"customer":"Zoë","lines":[{"article":"A-1","count":2,"price":9.95},{"article":"B-2","count":1,"price":100}],
         "state":"Shipped","placed":"2026-11-29T10:20:30.5Z","tags":{"a":1,"b":null},"note":null}
        """;

    public static Area Area => new("JSON")
    {
        { "read a record", () => Read() },
        { "write a record", () => JsonSerializer.Serialize(Read(), JsonChecksContext.Default.JsonOrder) },
        {
            "write and read again",
            () => JsonSerializer
                .Deserialize(
                    JsonSerializer.Serialize(Read(), JsonChecksContext.Default.JsonOrder), JsonChecksContext.Default.JsonOrder)!
                .Lines.Sum(l => l.Count * l.Price)
        },
        { "bytes", () => JsonSerializer.SerializeToUtf8Bytes(Read(), JsonChecksContext.Default.JsonOrder).Length },
        {
            "polymorphic",
            () => JsonSerializer.Serialize<JsonShape[]>([new JsonCircle(2), new JsonSquare(3)], JsonChecksContext.Default.JsonShapeArray)
        },
        {
            "read polymorphic",
            () => JsonSerializer.Deserialize("""[{"$type":"square","Side":4}]""", JsonChecksContext.Default.JsonShapeArray)![0]
        },
        { "missing property", () => JsonSerializer.Deserialize("""{"id":1}""", JsonChecksContext.Default.JsonOrder)!.Id },
        { "wrong type", () => JsonSerializer.Deserialize("""{"id":"x"}""", JsonChecksContext.Default.JsonOrder)!.Id },
        { "broken text", () => JsonSerializer.Deserialize("""{"id":1,""", JsonChecksContext.Default.JsonOrder) },
        {
            "place of the error", () =>
            {
                try
                {
                    JsonDocument.Parse("{\n  \"a\": tru\n}");
                }
                catch (JsonException e)
                {
                    return $"{e.LineNumber} {e.BytePositionInLine}";
                }
                return "not reached";
            }
        },
        { "too deep", () => JsonDocument.Parse(new string('[', 65) + new string(']', 65)) },
        {
            "document", () =>
            {
                using JsonDocument d = JsonDocument.Parse(OrderText);
                return d.RootElement.GetProperty("lines")[1].GetProperty("price").GetDecimal();
            }
        },
        {
            "raw text", () =>
            {
                using JsonDocument d = JsonDocument.Parse(OrderText);
                return d.RootElement.GetProperty("tags").GetRawText();
            }
        },
        {
            "node", () =>
            {
                JsonNode n = JsonNode.Parse(OrderText)!;
                n["lines"]![0]!["count"] = 5;
                ((JsonObject)n).Remove("tags");
                return n["lines"]!.ToJsonString();
            }
        },
        { "build a node", () => new JsonObject { ["a"] = 1, ["b"] = new JsonArray(1, "two", null, 2.5) }.ToJsonString() },
        { "deep equality", () => JsonNode.DeepEquals(JsonNode.Parse("""{"a":1,"b":[1]}"""), JsonNode.Parse("""{"b":[1],"a":1}""")) },
        { "writer", Write },
        {
            "reader", () =>
            {
                Utf8JsonReader r = new("""{"a":[1,-2.5e3,true,null,"\u00fc\n"]}"""u8);
                string log = "";
                while (r.Read())
                {
                    log += r.TokenType + " ";
                }
                return log;
            }
        },
        { "escaping", () => JsonSerializer.Serialize("<é😀\"\\\u0001>", JsonChecksContext.Default.String) },
        { "unescaping", () => JsonSerializer.Deserialize("\"\\ud83d\\ude00\\t\\/\"", JsonChecksContext.Default.String) },
        { "numbers", () => JsonSerializer.Serialize([1.5, 1e300, -0.0, 1 / 3.0], JsonChecksContext.Default.DoubleArray) },
        { "not a number", () => JsonSerializer.Serialize([double.NaN], JsonChecksContext.Default.DoubleArray) },
        {
            "dictionary",
            () => JsonSerializer.Deserialize("""{"x":[1,2],"y":[]}""", JsonChecksContext.Default.DictionaryStringInt32Array)!.Count
        },
        {
            "stream", async () =>
            {
                MemoryStream s = new();
                await JsonSerializer.SerializeAsync(s, Read(), JsonChecksContext.Default.JsonOrder);
                s.Position = 0;
                return (await JsonSerializer.DeserializeAsync(s, JsonChecksContext.Default.JsonOrder))!.Customer;
            }
        },
        {
            "without generated code",
            () => JsonSerializer.Serialize(new object(), (JsonTypeInfo<object>)new JsonSerializerOptions().GetTypeInfo(typeof(object)))
        },
        {
            "comments and trailing commas",
            () => JsonDocument
                .Parse("[1,/* two */2,]", new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip })
                .RootElement.GetArrayLength()
        },
    };

    private static JsonOrder Read() => JsonSerializer.Deserialize(OrderText, JsonChecksContext.Default.JsonOrder)!;

    private static string Write()
    {
        MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new() { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", 1.25m);
            writer.WriteStartArray("list");
            writer.WriteBooleanValue(true);
            writer.WriteBase64StringValue([1, 2, 3]);
            writer.WriteStringValue(new DateTime(2026, 11, 29, 1, 2, 3, DateTimeKind.Utc));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}

internal enum JsonState
{
    Open,
    Shipped,
}

internal sealed record JsonOrder(
    int Id, string Customer, List<JsonLine> Lines, JsonState State, DateTimeOffset Placed, Dictionary<string, int?> Tags, string? Note)
{
    public override string ToString() => $"{Id} {Customer} {Lines?.Count} {State} {Placed:O} {Tags?.Count} {Note ?? "null"}";
}

internal readonly record struct JsonLine(string Article, int Count, decimal Price);

[JsonDerivedType(typeof(JsonCircle), "circle")]
[JsonDerivedType(typeof(JsonSquare), "square")]
internal abstract record JsonShape;

internal sealed record JsonCircle(double Radius) : JsonShape;

internal sealed record JsonSquare(double Side) : JsonShape;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JsonOrder))]
[JsonSerializable(typeof(JsonShape[]))]
[JsonSerializable(typeof(double[]))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, int[]>))]
internal sealed partial class JsonChecksContext : JsonSerializerContext;
