using System.Security.Cryptography;
using System.Text;

namespace Hyperlight.Images;

/// <summary>
/// Where the images of a program are, relative to the folder of the assembly whose project baked them. A path says what the image contains or whose file it is, so that no two guests
/// of one program share a place, and equal images are stored once.
/// </summary>
internal static class ImagePlace
{
    /// <summary>The folder beside an assembly that everything about guests is in.</summary>
    public const string Root = "guests";

    // Hexadecimal digits of the digest in a folder's name: 64 bits tell the images of a program apart, and all 256 are compared when one is opened.
    private const int DigestDigits = 16;

    /// <summary>The digest of everything that an image contains, the snapshot of the build among it.</summary>
    /// <param name="digest">The digest of the image's manifest.</param>
    /// <param name="snapshotDigest">The digest of the manifest of the snapshot that a build took, <c>null</c> when there is none.</param>
    /// <returns><c>sha256:</c> and 64 hexadecimal digits: <paramref name="digest"/> itself for an image without a snapshot.</returns>
    public static string ContentDigest(string digest, string? snapshotDigest) =>
        snapshotDigest is null ? digest : OciLayout.Digest(SHA256.HashData(Encoding.ASCII.GetBytes($"{digest}\n{snapshotDigest}\n")));

    /// <summary>The folder of an image, with <c>/</c>.</summary>
    /// <param name="guest">The guest's name.</param>
    /// <param name="contentDigest">See <see cref="ContentDigest"/>.</param>
    public static string OfImage(string guest, string contentDigest) =>
        $"{Root}/{guest}-{contentDigest.AsSpan(OciLayout.DigestPrefix.Length, DigestDigits)}";

    /// <summary>The folder of the files that sandboxes of a guest are shown, with <c>/</c>. These files may change without a bake, so their folder is named after the assembly.</summary>
    /// <param name="assembly">The simple name of the assembly.</param>
    /// <param name="guest">The guest's name.</param>
    public static string OfFiles(string assembly, string guest) => $"{Root}/files/{assembly}/{guest}";
}
