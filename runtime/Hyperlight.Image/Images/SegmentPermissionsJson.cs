using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>Writes and reads the choice of segment permissions in lower case.</summary>
internal sealed class SegmentPermissionsJson()
    : JsonStringEnumConverter<SegmentPermissions>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
