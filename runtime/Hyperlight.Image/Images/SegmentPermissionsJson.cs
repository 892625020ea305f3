using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>The choice of segment permissions is written in lower case.</summary>
internal sealed class SegmentPermissionsJson()
    : JsonStringEnumConverter<SegmentPermissions>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
