using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>The marker file of a layout directory.</summary>
internal sealed record OciMarker([property: JsonPropertyName("imageLayoutVersion")] string ImageLayoutVersion);

/// <summary>The list of tagged manifests. What others have written there stays there.</summary>
internal sealed record OciIndex
{
    [JsonPropertyName("schemaVersion")]
    public required int SchemaVersion { get; init; }

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    [JsonPropertyName("manifests")]
    public required IReadOnlyList<OciDescriptor?> Manifests { get; init; }

    /// <summary>Fields that are not used here.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>A list of these.</summary>
    public static OciIndex Of(params IReadOnlyList<OciDescriptor?> manifests) =>
        new() { SchemaVersion = OciLayout.SchemaVersion, MediaType = OciLayout.IndexMediaType, Manifests = manifests };
}

/// <summary>One image: a config and its layers.</summary>
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

    /// <summary>A manifest of what its config is.</summary>
    public static OciManifest Of(OciDescriptor config, IReadOnlyList<OciDescriptor> layers, IReadOnlyDictionary<string, string?>? annotations = null) => new()
    {
        SchemaVersion = OciLayout.SchemaVersion,
        MediaType = OciLayout.ManifestMediaType,
        ArtifactType = config.MediaType,
        Config = config,
        Layers = layers,
        Annotations = annotations,
    };
}

/// <summary>A blob by its digest.</summary>
internal sealed record OciDescriptor(
    [property: JsonPropertyName("mediaType")] string MediaType,
    [property: JsonPropertyName("digest")] string Digest,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("annotations")] IReadOnlyDictionary<string, string?>? Annotations = null)
{
    /// <summary>Fields that are not used here.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>The tag of the manifest it describes, null when there is none.</summary>
    [JsonIgnore]
    public string? Tag => Annotations?.GetValueOrDefault(OciLayout.TagAnnotation);
}
