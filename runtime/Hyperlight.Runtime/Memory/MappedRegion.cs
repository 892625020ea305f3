using Hyperlight.Addresses;

namespace Hyperlight.Memory;

/// <summary>A file or a region of host memory that is mapped into a guest's memory, read-only.</summary>
/// <param name="name">The name of the region in messages.</param>
/// <param name="gpa">The physical address of the first byte.</param>
/// <param name="shared">The memory, which the region is a user of while it is mapped.</param>
/// <param name="slot">The hypervisor's number for the region.</param>
/// <param name="label">The label under which the guest's PEB lists the region, or <c>null</c> if the PEB does not list the region.</param>
internal sealed class MappedRegion(string name, GuestPhysicalAddress gpa, SharedMemory shared, uint slot, string? label)
{
    private volatile bool _isReleased;

    /// <summary>Gets the name of the region in messages.</summary>
    public string Name => name;

    /// <summary>Gets the physical address of the first byte.</summary>
    public GuestPhysicalAddress Gpa => gpa;

    /// <summary>Gets the memory.</summary>
    public SharedMemory Shared => shared;

    /// <summary>Gets the hypervisor's number for the region.</summary>
    public uint Slot => slot;

    /// <summary>Gets the label under which the guest's PEB lists the region, or <c>null</c> if the PEB does not list the region.</summary>
    public string? Label => label;

    /// <summary>Gets whether the region is to be unmapped before the guest runs again.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>Notes that the region is to be unmapped. Any thread may call this.</summary>
    public void Release() => _isReleased = true;

    /// <summary>Gets the physical addresses of the region.</summary>
    public AddressRange<GuestPhysicalAddress> Addresses => new(Gpa, Shared.Memory.Size);
}
