namespace Hyperlight.Layouts;

/// <summary>A range of guest-physical addresses that belongs to a device.</summary>
/// <param name="Name">The device.</param>
/// <param name="Start">The first address.</param>
/// <param name="Size">The length in bytes.</param>
internal sealed record ReservedRange(string Name, GuestPhysicalAddress Start, ulong Size);
