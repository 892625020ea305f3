namespace Hyperlight.Snapshots;

/// <summary>Where a guest comes from.</summary>
/// <param name="Name">The guest's name.</param>
/// <param name="EntryPoint">Its first instruction; null when only its later life is known.</param>
/// <param name="ImageDigest">The digest of its image's manifest; null when it is not known.</param>
internal sealed record GuestOrigin(string Name, GuestVirtualAddress? EntryPoint, string? ImageDigest);
