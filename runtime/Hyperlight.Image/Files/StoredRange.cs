using System.Text.Json.Serialization;

namespace Hyperlight.Files;

/// <summary>A part of a guest's memory that a blob stores. Memory that no range covers is zero.</summary>
/// <param name="Offset">The start of the part in bytes from the start of the memory, a multiple of the page size.</param>
/// <param name="Size">The size in bytes, a multiple of the page size and not 0.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct StoredRange(ulong Offset, ulong Size);
