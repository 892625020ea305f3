using System.Collections.Immutable;
using System.Text.Json;

namespace Hyperlight.Json;

/// <summary>
/// The fields of an untrusted JSON object. A field that is missing, repeated or unknown, and a value of another type, is refused with a
/// <see cref="JsonException"/> that names the field. <see cref="JsonSerializer"/> would do the same, but most of the methods that the
/// just-in-time compiler compiled for a program that calls a guest once were those of the serializer.
/// </summary>
internal sealed class JsonFields
{
    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    private readonly JsonElement _object;
    private readonly string _path;

    // The names of the fields that the reader has asked for.
    private readonly List<string> _asked = [];
    private bool _acceptsOthers;

    private JsonFields(JsonElement element, string path)
    {
        (_object, _path) = (element, path);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"{path} is {Name(element)}, expected is an object");
        }
    }

    /// <summary>Reads a document that is an object.</summary>
    /// <param name="json">The document in UTF-8.</param>
    /// <param name="read">Reads the fields.</param>
    /// <exception cref="JsonException">The document is malformed.</exception>
    /// <exception cref="InvalidOperationException">A text is not valid Unicode.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonFields, T> read)
    {
        using JsonDocument document = JsonDocument.Parse(json, Options);
        return Read(document.RootElement, "$", read);
    }

    /// <summary>Checks whether a field is there and is not <c>null</c>.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Reads a whole number.</summary>
    public ulong UInt64(string name, ulong most = ulong.MaxValue) => ToUInt64(Require(name), Path(name), most);

    /// <summary>Reads a whole number.</summary>
    public uint UInt32(string name) => (uint)UInt64(name, uint.MaxValue);

    /// <summary>Reads a whole number.</summary>
    public ushort UInt16(string name) => (ushort)UInt64(name, ushort.MaxValue);

    /// <summary>Reads a whole number.</summary>
    public byte Byte(string name) => (byte)UInt64(name, byte.MaxValue);

    /// <summary>Reads a whole number, which may be negative.</summary>
    public long Int64(string name)
    {
        JsonElement value = Require(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw Wrong(value, Path(name), $"a whole number from {long.MinValue} to {long.MaxValue}");
    }

    /// <summary>Reads a whole number, which may be negative.</summary>
    public int Int32(string name)
    {
        JsonElement value = Require(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(value, Path(name), $"a whole number from {int.MinValue} to {int.MaxValue}");
    }

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    public bool Bool(string name)
    {
        JsonElement value = Require(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(value, Path(name), "true or false");
    }

    /// <summary>Reads a text.</summary>
    public string Text(string name) => ToText(Require(name), Path(name));

    /// <summary>Reads a text; <c>null</c> if the field is missing or <c>null</c>.</summary>
    public string? TextOrNull(string name) => Find(name) is { } value ? ToText(value, Path(name)) : null;

    /// <summary>Reads bytes, which the document has as Base64.</summary>
    public byte[] Bytes(string name)
    {
        JsonElement value = Require(name);
        return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes
            : throw Wrong(value, Path(name), "bytes as Base64");
    }

    /// <summary>Reads an object.</summary>
    public T Object<T>(string name, Func<JsonFields, T> read) => Read(Require(name), Path(name), read);

    /// <summary>Reads a list of objects.</summary>
    public ImmutableArray<T> Objects<T>(string name, Func<JsonFields, T> read) => List(name, (value, path) => Read(value, path, read));

    /// <summary>Reads a list of objects, each of which may be <c>null</c>.</summary>
    public ImmutableArray<T?> ObjectsOrNull<T>(string name, Func<JsonFields, T> read)
        where T : class =>
        List(name, (value, path) => value.ValueKind == JsonValueKind.Null ? null : Read(value, path, read));

    /// <summary>Reads a list of texts.</summary>
    public ImmutableArray<string> Texts(string name) => List(name, ToText);

    /// <summary>Reads a list of whole numbers.</summary>
    public ImmutableArray<ulong> Numbers(string name, ulong most = ulong.MaxValue) =>
        List(name, (value, path) => ToUInt64(value, path, most));

    /// <summary>Reads an object whose fields are texts or <c>null</c>; <c>null</c> if the field is missing or <c>null</c>.</summary>
    public IReadOnlyDictionary<string, string?>? TextsByName(string name)
    {
        if (Find(name) is not { } element)
        {
            return null;
        }

        JsonFields fields = new(element, Path(name));
        Dictionary<string, string?> texts = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            texts.Add(property.Name, property.Value.ValueKind == JsonValueKind.Null
                ? null
                : ToText(property.Value, fields.Path(property.Name)));
        }

        return texts;
    }

    /// <summary>Accepts all other fields without reading them.</summary>
    public void IgnoreOthers() => _acceptsOthers = true;

    /// <summary>Gets the fields that the reader has not asked for; <c>null</c> if there are none.</summary>
    public Dictionary<string, JsonElement>? Others()
    {
        Dictionary<string, JsonElement>? others = null;
        foreach (JsonProperty property in _object.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                (others ??= []).Add(property.Name, property.Value.Clone());
            }
        }

        IgnoreOthers();
        return others;
    }

    private static T Read<T>(JsonElement element, string path, Func<JsonFields, T> read)
    {
        JsonFields fields = new(element, path);
        T result = read(fields);
        fields.RefuseOthers();
        return result;
    }

    private void RefuseOthers()
    {
        if (_acceptsOthers)
        {
            return;
        }

        foreach (JsonProperty property in _object.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                throw new JsonException($"{Path(property.Name)} is unknown");
            }
        }
    }

    private ImmutableArray<T> List<T>(string name, Func<JsonElement, string, T> read)
    {
        JsonElement list = Require(name);
        string path = Path(name);
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(list, path, "a list");
        }

        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            items.Add(read(item, $"{path}[{items.Count}]"));
        }

        return items.MoveToImmutable();
    }

    private JsonElement Require(string name) => Find(name) ?? throw new JsonException($"{Path(name)} is missing or null");

    private JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _object.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string Path(string name) => $"{_path}.{name}";

    private static ulong ToUInt64(JsonElement value, string path, ulong most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) && number <= most
            ? number
            : throw Wrong(value, path, $"a whole number from 0 to {most}");

    private static string ToText(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(value, path, "a text");

    private static JsonException Wrong(JsonElement value, string path, string expected) =>
        new($"{path} is {Name(value)}, expected is {expected}");

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "another number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
