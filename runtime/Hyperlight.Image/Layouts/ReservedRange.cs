using Hyperlight.Addresses;

namespace Hyperlight.Layouts;

/// <summary>A range of guest-physical addresses that belongs to a device.</summary>
/// <param name="Name">The device.</param>
/// <param name="Addresses">The addresses.</param>
internal sealed record ReservedRange(string Name, AddressRange<GuestPhysicalAddress> Addresses);
