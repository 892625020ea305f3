using System.Text.Json.Serialization;

namespace Hyperlight.Oci;

/// <summary>
/// Writes and reads the documents of OCI as JSON. Lines are indented by two spaces and end with a line feed. Missing and repeated fields
/// are refused, and the depth is limited.
/// </summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n",
    MaxDepth = 16,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OciMarker))]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciManifest))]
internal sealed partial class OciJson : JsonSerializerContext;
