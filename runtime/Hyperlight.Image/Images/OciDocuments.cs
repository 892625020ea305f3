using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>The marker file of a layout directory.</summary>
internal sealed record OciMarker([property: JsonPropertyName("imageLayoutVersion")] string ImageLayoutVersion);

/// <summary>The list of tagged manifests. What others have written there stays there.</summary>
internal sealed record OciIndex(
    [property: JsonPropertyName("schemaVersion")] int SchemaVersion,
    [property: JsonPropertyName("mediaType")] string? MediaType,
    [property: JsonPropertyName("manifests")] IReadOnlyList<OciDescriptor?> Manifests)
{
    /// <summary>Fields that are not used here.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>One image: a config and its layers.</summary>
internal sealed record OciManifest(
    [property: JsonPropertyName("schemaVersion")] int SchemaVersion,
    [property: JsonPropertyName("mediaType")] string? MediaType,
    [property: JsonPropertyName("artifactType")] string? ArtifactType,
    [property: JsonPropertyName("config")] OciDescriptor Config,
    [property: JsonPropertyName("layers")] IReadOnlyList<OciDescriptor?> Layers,
    [property: JsonPropertyName("annotations")] IReadOnlyDictionary<string, string?>? Annotations = null);

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
