namespace Hyperlight.Layouts;

/// <summary>A file that the guest's PEB lists.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="Size">The size in bytes, rounded up to whole pages.</param>
/// <param name="Label">The name by which the guest finds the file.</param>
internal sealed record FileMapping(GuestPhysicalAddress Address, ulong Size, string Label);
