using System.Buffers;
using System.Security.Cryptography;

namespace Hyperlight.Oci;

/// <summary>The names and limits of an OCI image layout directory (OCI image spec 1.0).</summary>
internal static class OciLayout
{
    public const string MarkerFile = "oci-layout";
    public const string IndexFile = "index.json";
    public const string Version = "1.0.0";
    public const int SchemaVersion = 2;
    public const string TagAnnotation = "org.opencontainers.image.ref.name";
    public const string DigestPrefix = "sha256:";
    public const string BlobFolder = "blobs";
    public const string HashFolder = "sha256";

    public const string IndexMediaType = "application/vnd.oci.image.index.v1+json";
    public const string ManifestMediaType = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>The greatest size of a JSON document that is written or read, in bytes (amd64 sheet, section 8.3).</summary>
    public const int MaxJsonSize = 1 << 20;

    private const int HexDigestLength = SHA256.HashSizeInBytes * 2;
    private const int MaxTagLength = 128;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> TagCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>Gets the folder of the blobs in an image directory.</summary>
    public static string BlobDirectory(string imageDirectory) => Path.Combine(imageDirectory, BlobFolder, HashFolder);

    /// <summary>
    /// Checks whether a text is the prefix and 64 lower-case hexadecimal digits. Such a text cannot lead out of a folder.
    /// </summary>
    public static bool IsDigest(string text) =>
        text.StartsWith(DigestPrefix, StringComparison.Ordinal) && IsHexDigest(text.AsSpan(DigestPrefix.Length));

    /// <summary>Checks whether a text is the file name of a blob.</summary>
    public static bool IsHexDigest(ReadOnlySpan<char> text) => text.Length == HexDigestLength && text.IndexOfAnyExcept(HexDigits) < 0;

    /// <summary>Checks whether a text can be a tag (OCI distribution spec).</summary>
    public static bool IsTag(string text) =>
        text.Length is > 0 and <= MaxTagLength && text.AsSpan().IndexOfAnyExcept(TagCharacters) < 0 && text[0] is not ('.' or '-');

    /// <summary>Gets the digest of a blob from the SHA-256 hash of its content.</summary>
    public static string Digest(ReadOnlySpan<byte> hash) => DigestPrefix + Convert.ToHexStringLower(hash);

    /// <summary>Gets the file name of the blob with a digest.</summary>
    public static string FileName(string digest) => digest[DigestPrefix.Length..];
}
