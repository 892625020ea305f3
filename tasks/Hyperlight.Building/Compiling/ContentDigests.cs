using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Hyperlight.Compiling;

/// <summary>The digests of the files that a build reads. A file is read once, however many objects depend on the file.</summary>
internal sealed class ContentDigests
{
    private readonly ConcurrentDictionary<string, string?> _digests = new(StringComparer.Ordinal);

    /// <summary>Gets the digest of a text, as hexadecimal digits.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Gets the digest of a file, as hexadecimal digits; <c>null</c> if the file cannot be read.</summary>
    /// <param name="path">The absolute path.</param>
    public string? Of(string path) => _digests.GetOrAdd(path, Read);

    /// <summary>Forgets a file that the build has written.</summary>
    public void Forget(string path) => _digests.TryRemove(path, out _);

    private static string? Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
