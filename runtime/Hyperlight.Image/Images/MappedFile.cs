namespace Hyperlight;

/// <summary>A file that sandboxes of an image show their guest.</summary>
/// <param name="Path">The file.</param>
/// <param name="Address">The guest-physical address of its first byte, a multiple of 4096.</param>
/// <param name="Label">What the guest finds it by in its PEB.</param>
public sealed record MappedFile(string Path, GuestPhysicalAddress Address, string Label);
