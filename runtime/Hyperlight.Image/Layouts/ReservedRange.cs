using Hyperlight.Addresses;

namespace Hyperlight.Layouts;

/// <summary>A range of guest-physical addresses that no region may cover, for example because a device has them.</summary>
/// <param name="Name">The device or the purpose.</param>
/// <param name="Addresses">The addresses.</param>
internal sealed record ReservedRange(string Name, AddressRange<GuestPhysicalAddress> Addresses);
