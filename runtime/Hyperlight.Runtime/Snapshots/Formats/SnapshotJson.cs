using System.Text.Json.Serialization;
using Hyperlight.Images;

namespace Hyperlight.Snapshots.Formats;

/// <summary>Writes and reads the configs of snapshots as JSON, with the options of <see cref="ImageJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n",
    MaxDepth = 16,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(AddressJson.Gpa), typeof(AddressJson.Gva), typeof(PermissionsJson)])]
[JsonSerializable(typeof(SnapshotConfig))]
[JsonSerializable(typeof(SdkSnapshotConfig))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
