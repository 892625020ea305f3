namespace Hyperlight.Images;

/// <summary>What <see cref="ImageWriter.Write"/> wrote, or found to be there already.</summary>
/// <param name="Digest">The digest of the manifest, <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Files">The files, relative to the directory, with <c>/</c>, in ordinal order. Other tags may have more.</param>
internal sealed record WrittenImage(string Digest, IReadOnlyList<string> Files);
