namespace Hyperlight.Images;

/// <summary>The result of <see cref="ImageWriter.Write"/>.</summary>
/// <param name="Digest">The digest of the manifest, <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Files">
/// The files of the image, relative to the directory, with <c>/</c>, in ordinal order. Files of other tags are not among them.
/// </param>
internal sealed record WrittenImage(string Digest, IReadOnlyList<string> Files);
