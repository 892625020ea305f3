using System.Text.Json.Serialization;

namespace Hyperlight.Images;

/// <summary>A part of a guest's memory that an image stores; what no range covers is zero.</summary>
/// <param name="Offset">Where the part starts, in bytes from the start of the memory, a multiple of the page size.</param>
/// <param name="Size">Its bytes, a multiple of the page size and not 0.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct StoredRange(ulong Offset, ulong Size);
