using Hyperlight.Addresses;

namespace Hyperlight.Memory;

/// <summary>
/// A file, or memory of the host, that a sandbox shows its guest beside the guest's own memory. The guest cannot write to it.
/// </summary>
/// <param name="name">What messages call the region.</param>
/// <param name="gpa">The address at which the guest sees the first byte.</param>
/// <param name="shared">The bytes. The sandbox is a user of them.</param>
/// <param name="slot">The hypervisor's number for the region.</param>
/// <param name="label">The name under which the guest's PEB lists the region; <c>null</c> where the PEB does not list the region.</param>
internal sealed class MappedRegion(string name, GuestPhysicalAddress gpa, SharedMemory shared, uint slot, string? label)
{
    private volatile bool _isReleased;

    /// <summary>Gets what messages call the region.</summary>
    public string Name => name;

    /// <summary>Gets the address at which the guest sees the first byte.</summary>
    public GuestPhysicalAddress Gpa => gpa;

    /// <summary>Gets the bytes.</summary>
    public SharedMemory Shared => shared;

    /// <summary>Gets the hypervisor's number for the region.</summary>
    public uint Slot => slot;

    /// <summary>Gets the name under which the guest's PEB lists the region; <c>null</c> where the PEB does not list the region.</summary>
    public string? Label => label;

    /// <summary>
    /// Gets a value that says whether the owner has disposed the mapping. The sandbox then unmaps the region before the guest runs again.
    /// </summary>
    public bool IsReleased => _isReleased;

    /// <summary>Says that the owner has disposed the mapping. Any thread.</summary>
    public void Release() => _isReleased = true;

    /// <summary>Gets the addresses at which the guest sees the region.</summary>
    public AddressRange<GuestPhysicalAddress> Addresses => new(Gpa, Shared.Memory.Size);
}
