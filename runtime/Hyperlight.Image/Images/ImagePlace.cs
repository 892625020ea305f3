using System.Security.Cryptography;
using System.Text;
using Hyperlight.Oci;

namespace Hyperlight.Images;

/// <summary>
/// The paths of the images of a program, relative to the folder of the assembly whose project baked them. A path names the content of the
/// image or the owner of a file. No two guests
/// of one program share a path, and equal images are stored once.
/// </summary>
internal static class ImagePlace
{
    /// <summary>The folder for guests, beside an assembly.</summary>
    public const string Root = "guests";

    // The number of hexadecimal digits of the digest in the name of a folder. These 64 bits distinguish the images of a program. All 256
    // bits are compared when an image is opened.
    private const int DigestDigits = 16;

    /// <summary>Gets the digest of everything that an image consists of, with the snapshot of the build.</summary>
    /// <param name="digest">The digest of the image's manifest.</param>
    /// <param name="snapshotDigest">
    /// The digest of the manifest of the snapshot that a build took, <c>null</c> if there is no snapshot.
    /// </param>
    /// <returns><c>sha256:</c> and 64 hexadecimal digits: <paramref name="digest"/> itself for an image without a snapshot.</returns>
    public static string ContentDigest(string digest, string? snapshotDigest) =>
        snapshotDigest is null ? digest : OciLayout.Digest(SHA256.HashData(Encoding.ASCII.GetBytes($"{digest}\n{snapshotDigest}\n")));

    /// <summary>Gets the path of the folder of an image, with <c>/</c>.</summary>
    /// <param name="guest">The guest's name.</param>
    /// <param name="contentDigest">See <see cref="ContentDigest"/>.</param>
    public static string OfImage(string guest, string contentDigest) =>
        $"{Root}/{guest}-{contentDigest.AsSpan(OciLayout.DigestPrefix.Length, DigestDigits)}";

    /// <summary>
    /// Gets the path of the folder of the files that sandboxes show a guest, with <c>/</c>. These files may change without a bake, so
    /// their folder is named after the assembly.
    /// </summary>
    /// <param name="assembly">The simple name of the assembly.</param>
    /// <param name="guest">The guest's name.</param>
    public static string OfFiles(string assembly, string guest) => $"{Root}/files/{assembly}/{guest}";
}
