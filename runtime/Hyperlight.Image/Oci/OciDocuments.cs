using System.Text.Json;
using System.Text.Json.Serialization;
using Hyperlight.Json;

namespace Hyperlight.Oci;

/// <summary>The marker file of a layout directory.</summary>
internal sealed record OciMarker([property: JsonPropertyName("imageLayoutVersion")] string ImageLayoutVersion)
{
    /// <summary>Reads a marker.</summary>
    public static OciMarker Read(JsonFields fields)
    {
        fields.IgnoreOthers();
        return new(fields.Text("imageLayoutVersion"));
    }
}

/// <summary>
/// The index of a layout directory: the list of manifests with their tags. Fields that other programs have written are kept.
/// </summary>
internal sealed record OciIndex
{
    [JsonPropertyName("schemaVersion")]
    public required int SchemaVersion { get; init; }

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    [JsonPropertyName("manifests")]
    public required IReadOnlyList<OciDescriptor?> Manifests { get; init; }

    /// <summary>Gets or sets the fields that this SDK does not use.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>Reads an index.</summary>
    public static OciIndex Read(JsonFields fields) => new()
    {
        SchemaVersion = fields.Int32("schemaVersion"),
        MediaType = fields.TextOrNull("mediaType"),
        Manifests = fields.ObjectsOrNull("manifests", OciDescriptor.Read),
        Others = fields.Others(),
    };

    /// <summary>Creates an index.</summary>
    public static OciIndex Of(params IReadOnlyList<OciDescriptor?> manifests) =>
        new() { SchemaVersion = OciLayout.SchemaVersion, MediaType = OciLayout.IndexMediaType, Manifests = manifests };
}

/// <summary>A manifest: a config and its layers.</summary>
internal sealed record OciManifest
{
    [JsonPropertyName("schemaVersion")]
    public required int SchemaVersion { get; init; }

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; init; }

    [JsonPropertyName("config")]
    public required OciDescriptor Config { get; init; }

    [JsonPropertyName("layers")]
    public required IReadOnlyList<OciDescriptor?> Layers { get; init; }

    [JsonPropertyName("annotations")]
    public IReadOnlyDictionary<string, string?>? Annotations { get; init; }

    /// <summary>Reads a manifest.</summary>
    public static OciManifest Read(JsonFields fields)
    {
        fields.IgnoreOthers();
        return new()
        {
            SchemaVersion = fields.Int32("schemaVersion"),
            MediaType = fields.TextOrNull("mediaType"),
            ArtifactType = fields.TextOrNull("artifactType"),
            Config = fields.Object("config", OciDescriptor.Read),
            Layers = fields.ObjectsOrNull("layers", OciDescriptor.Read),
            Annotations = fields.TextsByName("annotations"),
        };
    }

    /// <summary>Creates a manifest whose artifact type is the media type of its config.</summary>
    public static OciManifest Of(
        OciDescriptor config, IReadOnlyList<OciDescriptor> layers, IReadOnlyDictionary<string, string?>? annotations = null) =>
        new()
        {
            SchemaVersion = OciLayout.SchemaVersion,
            MediaType = OciLayout.ManifestMediaType,
            ArtifactType = config.MediaType,
            Config = config,
            Layers = layers,
            Annotations = annotations,
        };
}

/// <summary>A descriptor: the digest, the size and the media type of a blob.</summary>
internal sealed record OciDescriptor(
    [property: JsonPropertyName("mediaType")] string MediaType,
    [property: JsonPropertyName("digest")] string Digest,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("annotations")] IReadOnlyDictionary<string, string?>? Annotations = null)
{
    /// <summary>Gets or sets the fields that this SDK does not use.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>Gets the tag of the manifest; <c>null</c> if the manifest has no tag.</summary>
    [JsonIgnore]
    public string? Tag => Annotations?.GetValueOrDefault(OciLayout.TagAnnotation);

    /// <summary>Reads a descriptor.</summary>
    public static OciDescriptor Read(JsonFields fields) => new(
        fields.Text("mediaType"), fields.Text("digest"), fields.Int64("size"), fields.TextsByName("annotations"))
    {
        Others = fields.Others(),
    };
}
