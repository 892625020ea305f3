using System.Text.Json.Serialization;
using Hyperlight.Addresses;

namespace Hyperlight.Layouts;

/// <summary>A region of a guest's memory.</summary>
/// <param name="Name">The name: <c>image</c>, <c>peb</c>, <c>heap</c>, <c>init-data</c>, <c>page-tables</c> or <c>scratch</c>.</param>
/// <param name="Gpa">The physical address of the first stored byte.</param>
/// <param name="Gva">The virtual address of the first byte.</param>
/// <param name="Size">The size that the guest sees in bytes, a multiple of the page size.</param>
/// <param name="BlobOffset">The offset of the first stored byte in the memory blob, in bytes.</param>
/// <param name="StoredSize">
/// The number of bytes that the blob stores, a multiple of the page size. Less than <paramref name="Size"/> if a paged layout maps zero
/// pages to the one stored page of the heap. 0 for scratch, which starts empty.
/// </param>
/// <param name="Host">The permissions that the hypervisor gives the guest.</param>
/// <param name="Guest">
/// The greatest permissions of the guest's own page tables. In the snapshot region of a paged layout, writing is copy-on-write.
/// </param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MemoryRegion(
    string Name,
    GuestPhysicalAddress Gpa,
    GuestVirtualAddress Gva,
    ulong Size,
    ulong BlobOffset,
    ulong StoredSize,
    MemoryPermissions Host,
    MemoryPermissions Guest)
{
    /// <summary>Gets the physical addresses of the stored bytes.</summary>
    [JsonIgnore]
    public AddressRange<GuestPhysicalAddress> StoredAddresses => new(Gpa, StoredSize);

    /// <summary>Gets the physical addresses of the region if the region has a page of its own for each of its virtual pages.</summary>
    [JsonIgnore]
    public AddressRange<GuestPhysicalAddress> Addresses => new(Gpa, Size);
}
