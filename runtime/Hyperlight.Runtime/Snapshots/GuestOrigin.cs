using Hyperlight.Symbols;

namespace Hyperlight.Snapshots;

/// <summary>The name of a guest and the image that it was started from.</summary>
/// <param name="Name">The guest's name.</param>
/// <param name="EntryPoint">The address of the first instruction, or <c>null</c> if a saved snapshot does not tell the address.</param>
/// <param name="ImageDigest">The digest of the image's manifest, or <c>null</c> if the digest is not known.</param>
/// <param name="Symbols">The source map of the image, or <c>null</c> if the place of the image is not known.</param>
internal sealed record GuestOrigin(string Name, GuestVirtualAddress? EntryPoint, string? ImageDigest, ImageSymbols? Symbols = null);
