using Hyperlight.Addresses;

namespace Hyperlight.Memory;

/// <summary>A piece of the memory below scratch: the image, or the pages that a snapshot adds. Layers lie one behind the other.</summary>
/// <param name="Gpa">The address of the first byte.</param>
/// <param name="Shared">The bytes. The owner of a layer is a user of the bytes.</param>
internal sealed record MemoryLayer(GuestPhysicalAddress Gpa, SharedMemory Shared)
{
    /// <summary>Gets the address behind the last byte.</summary>
    public GuestPhysicalAddress End => Gpa + Shared.Memory.Size;

    /// <summary>Gets the addresses at which the guest sees the layer.</summary>
    public AddressRange<GuestPhysicalAddress> Addresses => new(Gpa, Shared.Memory.Size);
}
