namespace Hyperlight.Symbols;

/// <summary>
/// The numbers of the format of source maps, which <c>docs/image-format.md</c> describes. A map has a header and three lists:
/// <code>
///   │ 0 magic │ 8 version │ 12 texts │ 16 functions │ 20 lines │ 24 base │ 32 SHA-256 of the guest │ 64 texts … functions … lines … │
/// </code>
/// Numbers of the header are little-endian. Numbers of the lists are LEB128: seven bits a byte, the lowest first, and the highest bit of a
/// byte says that another byte follows. Addresses are distances from the entry before, so a list cannot be out of order.
/// </summary>
internal static class SourceMapFormat
{
    /// <summary>The version that this assembly writes and reads.</summary>
    public const uint Version = 1;

    /// <summary>The greatest size of a file in bytes.</summary>
    public const int MostBytes = 16 << 20;

    /// <summary>The greatest length of a text in bytes.</summary>
    public const int MostTextBytes = 512;

    /// <summary>The greatest number of a line.</summary>
    public const int MostLine = 0x00FF_FFFF;

    /// <summary>The offsets of the fields of the header.</summary>
    public const int VersionOffset = 8, TextCountOffset = 12, FunctionCountOffset = 16, LineCountOffset = 20, BaseOffset = 24,
        GuestOffset = 32, HeaderSize = 64;

    /// <summary>The least size of the entries of each list in bytes.</summary>
    public const int LeastText = 1, LeastFunction = 3, LeastLine = 2;

    /// <summary>Gets the first bytes of a map. No text starts with them, so that no tool takes a map for text.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'H', (byte)'L', (byte)'M', (byte)'A', (byte)'P', (byte)'\r', (byte)'\n'];
}
