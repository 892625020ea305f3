using System.Text.Json.Serialization;
using Hyperlight.Addresses;

namespace Hyperlight.Layouts;

/// <summary>A part of a guest's memory.</summary>
/// <param name="Name">What lives there: <c>image</c>, <c>peb</c>, <c>heap</c>, <c>init-data</c>, <c>page-tables</c> or <c>scratch</c>.</param>
/// <param name="Gpa">Where its stored bytes start, physical.</param>
/// <param name="Gva">Where it starts, virtual.</param>
/// <param name="Size">Its length as the guest sees it, in bytes; a multiple of the page size.</param>
/// <param name="BlobOffset">Where its stored bytes start in the memory blob, in bytes.</param>
/// <param name="StoredSize">
/// How many bytes the blob holds for it; a multiple of the page size. Less than <paramref name="Size"/> where a paged layout maps zero
/// pages to the one stored page of the heap; 0 for scratch, which starts empty.
/// </param>
/// <param name="Host">What the hypervisor allows the guest there.</param>
/// <param name="Guest">What the guest's own page tables allow at most; write in the snapshot region of a paged layout is copy-on-write.</param>
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
