namespace Hyperlight;

/// <summary>A file that all sandboxes of an image show their guest.</summary>
/// <param name="Path">The path of the file.</param>
/// <param name="Address">The guest-physical address of the first byte, a multiple of 4096.</param>
/// <param name="Label">The name by which the guest finds the file in its PEB.</param>
public sealed record MappedFile(string Path, GuestPhysicalAddress Address, string Label);
