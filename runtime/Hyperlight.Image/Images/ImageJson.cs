using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>
/// Writes and reads the config of an image as JSON. Names are in snake_case, and lines are indented by two spaces and end with a line feed.
/// Unknown, missing and repeated fields are refused, and the depth is limited.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n",
    MaxDepth = 16,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(AddressJson.Gpa), typeof(AddressJson.Gva), typeof(PermissionsJson), typeof(SegmentPermissionsJson)])]
[JsonSerializable(typeof(ImageConfig))]
internal sealed partial class ImageJson : JsonSerializerContext;

/// <summary>Writes and reads addresses as plain numbers, as upstream does.</summary>
internal static class AddressJson
{
    internal sealed class Gpa : JsonConverter<GuestPhysicalAddress>
    {
        public override GuestPhysicalAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetUInt64());

        public override void Write(Utf8JsonWriter writer, GuestPhysicalAddress value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Value);
    }

    internal sealed class Gva : JsonConverter<GuestVirtualAddress>
    {
        public override GuestVirtualAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetUInt64());

        public override void Write(Utf8JsonWriter writer, GuestVirtualAddress value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Value);
    }
}

/// <summary>Writes and reads permissions as <c>r-x</c>.</summary>
internal sealed class PermissionsJson : JsonConverter<MemoryPermissions>
{
    public override MemoryPermissions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    /// <summary>Reads permissions such as <c>r-x</c>.</summary>
    /// <exception cref="JsonException">The text is not a set of permissions.</exception>
    public static MemoryPermissions Parse(string? text)
    {
        for (MemoryPermissions value = 0; value <= (MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute); value++)
        {
            if (value.ToText() == text)
            {
                return value;
            }
        }

        throw new JsonException($"'{text}' is not a set of permissions such as r-x");
    }

    public override void Write(Utf8JsonWriter writer, MemoryPermissions value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToText());
}
