using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Paging;

namespace Hyperlight.Layouts;

/// <summary>The layouts that this version supports.</summary>
internal static class GuestLayouts
{
    private const ulong GiB = 1UL << 30;

    /// <summary>Gets the page of the IOAPIC (i686 sheet, section 6.3).</summary>
    internal static ReservedRange IoApic { get; } = new("IOAPIC", new(new(0xFEC0_0000), GuestPage.Size));

    /// <summary>Gets the page of the local APIC (i686 sheet, section 6.3).</summary>
    internal static ReservedRange LocalApic { get; } = new("local APIC", new(new(0xFEE0_0000), GuestPage.Size));

    /// <summary>
    /// Gets the pages of the interrupt controllers. In some layouts no region may cover them; in the others only guests with interrupts
    /// have them.
    /// </summary>
    public static ImmutableArray<ReservedRange> InterruptControllers { get; } = [IoApic, LocalApic];

    /// <summary>
    /// Gets the pages that a hypervisor may need for itself, below the page of the local APIC: KVM needs them on Intel processors that
    /// cannot run real mode
    /// natively, and the addresses that KVM would choose are in the scratch region. In layouts without paging no region may cover these
    /// pages.
    /// </summary>
    internal static ReservedRange HypervisorPages { get; } = new("hypervisor", new(new(0xFEDF_C000), 4 * GuestPage.Size));

    /// <summary>Gets the layout of 64-bit guests of upstream v0.15.0 and v0.16.0 (amd64 sheet, sections 0 and 2).</summary>
    public static GuestLayout Amd64V16 { get; } = new()
    {
        Id = "amd64-0.16",
        Architecture = "amd64",
        GuestVersions = ["0.15.0", "0.16.0"],
        SnapshotBase = new(0x1000),
        ScratchTopGpa = new(0xF_FFFF_FFFF),
        ScratchTopGva = new(0xFFFF_FFFF_FFFF_EFFF),
        MaxRegionSize = (16 * GiB) - 0x1000,
        SnapshotPermissions = MemoryPermissions.Read | MemoryPermissions.Execute,
        Paging = GuestPaging.FourLevel,
        EntryMode = EntryMode.LongMode,
        PhysicalAddressBits = 36,
        FileMappingSlots = 0,
        ExceptionStackOffset = 0x30,
        // 2 pages for TSS and IDT with 4 page tables, 1 stack page with 3 page tables, 2 pages for exception stack and metadata (section
        // 2.4).
        ScratchReservePages = 12,
        HasPageTableWords = true,
        HasReseedWord = false,
        SnapshotAbi = new(1, HasEntryAndMsrs: false),
        ReservedRanges = [],
    };

    /// <summary>
    /// Gets the layout of 64-bit guests of upstream after v0.16.0 (amd64 sheet, sections 0 and 11). Guests that were built between the
    /// two releases have the version 0.16.0 in
    /// their note and get <see cref="Amd64V16"/>, which works for them as well.
    /// </summary>
    public static GuestLayout Amd64V17 { get; } = Amd64V16 with
    {
        Id = "amd64-0.17",
        GuestVersions = ["0.17.0"],
        SnapshotBase = new(0x4000),
        MaxRegionSize = (16 * GiB) - 0x4000,
        HasReseedWord = true,
        SnapshotAbi = new(2, HasEntryAndMsrs: true),
    };

    /// <summary>
    /// Gets the identity layout, of 32-bit guests of upstream #1271, v0.13.1 and v0.14.0 with nanvix-unstable (i686 sheet, profile A).
    /// </summary>
    public static GuestLayout I686V13 { get; } = new()
    {
        Id = "i686-0.13",
        Architecture = "i686",
        GuestVersions = ["0.13.1", "0.14.0"],
        SnapshotBase = new(0),
        ScratchTopGpa = new(0xFFFF_FFFF),
        ScratchTopGva = new(0xFFFF_FFFF),
        MaxRegionSize = GiB,
        SnapshotPermissions = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute,
        Paging = GuestPaging.None,
        EntryMode = EntryMode.RealMode,
        PhysicalAddressBits = 32,
        // The limit of a real-mode code segment (section 3.1).
        EntryLimit = 0x10000,
        FileMappingSlots = 32,
        // The counter is not in the last page, because guests cannot represent the number of that page (section 8).
        CounterOffset = 0x1008,
        ExceptionStackOffset = 0x20,
        // The metadata page and the counter page (section 2.4).
        ScratchReservePages = 2,
        HasPageTableWords = false,
        HasReseedWord = false,
        SnapshotAbi = null,
        // The pages of the devices (section 6.3), and the hypervisor's pages between them.
        ReservedRanges = [.. InterruptControllers, HypervisorPages],
    };

    /// <summary>
    /// Gets the layout of 32-bit guests that are made for no version of upstream: protected mode without paging, at the address that the
    /// guest is linked for. Scratch and its words are those of <see cref="I686V13"/>. Page 0 is not memory.
    /// </summary>
    public static GuestLayout I686Flat { get; } = I686V13 with
    {
        Id = "i686-flat",
        GuestVersions = [],
        SnapshotBase = new(GuestPage.Size),
        LowestBase = new(GuestPage.Size),
        EntryMode = EntryMode.ProtectedMode,
        EntryLimit = null,
        ReservedRanges = [new("null guard", new(new(0), GuestPage.Size)), .. I686V13.ReservedRanges],
    };

    /// <summary>
    /// Gets the paged layout, of 32-bit guests of upstream v0.15.0 with i686-guest (i686 sheet, profile B). The PEB has no file mappings:
    /// upstream's PEB has them
    /// only together with writable snapshot memory (section 2.2).
    /// </summary>
    public static GuestLayout I686V15 { get; } = new()
    {
        Id = "i686-0.15",
        Architecture = "i686",
        GuestVersions = ["0.15.0"],
        SnapshotBase = new(0x1000),
        // Below the local APIC's page, so that virtual addresses of scratch are 0x120_0000 higher than physical ones (section 2.3).
        ScratchTopGpa = new(0xFEDF_FFFF),
        ScratchTopGva = new(0xFFFF_FFFF),
        // Upstream's limit of 16 GiB is greater than the address space. The limit here is all memory between the base and the top.
        MaxRegionSize = 0xFEE0_0000 - 0x1000,
        SnapshotPermissions = MemoryPermissions.Read | MemoryPermissions.Execute,
        Paging = GuestPaging.TwoLevel,
        EntryMode = EntryMode.PagedProtectedMode,
        PhysicalAddressBits = 32,
        FileMappingSlots = 0,
        // The counter has the place of the identity layout (section 8).
        CounterOffset = 0x1008,
        ExceptionStackOffset = 0x30,
        // The layouts of amd64 guests have this number too (section 2.4).
        ScratchReservePages = 12,
        HasPageTableWords = true,
        HasReseedWord = false,
        SnapshotAbi = null,
        // Without interrupt controllers the page of the IOAPIC (section 6.3) is ordinary memory.
        ReservedRanges = [],
    };

    /// <summary>Gets all layouts.</summary>
    public static ImmutableArray<GuestLayout> All { get; } = [Amd64V16, Amd64V17, I686V13, I686V15, I686Flat];

    /// <summary>Finds a layout by its name; <c>null</c> if no layout has the name.</summary>
    public static GuestLayout? Find(string id) => All.FirstOrDefault(layout => layout.Id == id);
}
