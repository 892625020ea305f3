using Hyperlight.Addresses;

namespace Hyperlight.Paging;

/// <summary>The physical memory in which a walk finds a guest's page tables and pages. The guest is not running.</summary>
internal interface IGuestPages
{
    /// <summary>Gets the number of pages that can contain page tables of the guest.</summary>
    ulong PageCount { get; }

    /// <summary>Checks whether the guest has memory at an address.</summary>
    bool Contains(GuestPhysicalAddress gpa);

    /// <summary>Checks whether the guest has memory at one of the addresses of a range.</summary>
    bool Overlaps(AddressRange<GuestPhysicalAddress> range);

    /// <summary>Gets the bytes of a page; no bytes if there is no page or if the page cannot be read.</summary>
    /// <param name="gpa">The address of the page, page-aligned.</param>
    ReadOnlySpan<byte> Page(GuestPhysicalAddress gpa);
}
