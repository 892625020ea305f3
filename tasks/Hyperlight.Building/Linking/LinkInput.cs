using System.Runtime.InteropServices;

namespace Hyperlight.Linking;

/// <summary>A file that is linked: an object, or an archive of objects.</summary>
/// <param name="Name">The name that findings and the map have for the file.</param>
/// <param name="Content">The content of the file.</param>
internal sealed record LinkInput(string Name, ReadOnlyMemory<byte> Content)
{
    /// <summary>Gets whether the file is an archive, a thin one included.</summary>
    public bool IsArchive => Content.Span.StartsWith("!<arch>\n"u8) || Content.Span.StartsWith("!<thin>\n"u8);

    /// <summary>Opens the content as a stream.</summary>
    public static MemoryStream Open(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> bytes)
        ? new(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
        : new(content.ToArray(), writable: false);
}
