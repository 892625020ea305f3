using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight;

/// <summary>
/// The layout of a guest's memory: one object that answers every question about the places of memory and the start of the processor.
/// Code asks the layout and never tests an architecture. The layouts are in <see cref="GuestLayouts"/>.
/// </summary>
public sealed record GuestLayout
{
    internal GuestLayout()
    {
    }

    /// <summary>The size of a page in bytes.</summary>
    internal const ulong PageSize = GuestPage.Size;

    /// <summary>Gets the name of the layout, which images record, for example <c>amd64-0.16</c>.</summary>
    public string Id { get; internal init; } = "";

    /// <summary>Gets the architecture of its guests, <c>amd64</c> or <c>i686</c>, which <c>HyperlightArchitecture</c> asserts.</summary>
    public string Architecture { get; internal init; } = "";

    /// <summary>Gets the versions of upstream whose guests have this layout: the values of their version note.</summary>
    internal ImmutableArray<string> GuestVersions { get; init; }

    /// <summary>
    /// Gets the start of the snapshot region, which is the first byte of the guest's image. The virtual address is equal.
    /// </summary>
    internal GuestPhysicalAddress SnapshotBase { get; init; }

    /// <summary>
    /// Gets the lowest address for the image of a guest that chooses the address itself, which is also the end of the null guard;
    /// <c>null</c> if the images of all guests
    /// start at <see cref="SnapshotBase"/>.
    /// </summary>
    internal GuestPhysicalAddress? LowestBase { get; init; }

    /// <summary>Gets the physical address of the last byte of the scratch region.</summary>
    internal GuestPhysicalAddress ScratchTopGpa { get; init; }

    /// <summary>Gets the virtual address of the last byte of the scratch region.</summary>
    internal GuestVirtualAddress ScratchTopGva { get; init; }

    /// <summary>Gets the greatest size of the snapshot region, and of the scratch region, in bytes.</summary>
    internal ulong MaxRegionSize { get; init; }

    /// <summary>
    /// Gets the permissions that the hypervisor gives the guest in the snapshot region. With the permission to write, each sandbox has a
    /// private copy.
    /// </summary>
    internal MemoryPermissions SnapshotPermissions { get; init; }

    /// <summary>Gets the kind of page tables that the guest starts with.</summary>
    internal GuestPaging Paging { get; init; }

    /// <summary>Gets the processor mode of the first instruction.</summary>
    internal EntryMode EntryMode { get; init; }

    /// <summary>Gets the number of physical address bits that CPUID leaf 0x80000008 reports.</summary>
    internal int PhysicalAddressBits { get; init; }

    /// <summary>Gets the address that the entry point must be below; <c>null</c> if any address is allowed.</summary>
    internal ulong? EntryLimit { get; init; }

    /// <summary>
    /// Gets the number of slots for file mappings after the PEB; 0 if the PEB has no such field. At most 50 slots fit the page of the PEB.
    /// </summary>
    internal int FileMappingSlots { get; init; }

    /// <summary>Gets the place of the guest counter, in bytes below the end of scratch; <c>null</c> if guests have no counter.</summary>
    internal ulong? CounterOffset { get; init; }

    /// <summary>Gets the top of the exception stack, in bytes below the end of scratch.</summary>
    internal ulong ExceptionStackOffset { get; init; }

    /// <summary>Gets the number of scratch pages that a guest needs beside its buffers and page tables.</summary>
    internal ulong ScratchReservePages { get; init; }

    /// <summary>Gets whether scratch has words for the address of the page tables and for the number of snapshots.</summary>
    internal bool HasPageTableWords { get; init; }

    /// <summary>Gets whether scratch has a word that asks the guest for new random numbers after a restore.</summary>
    internal bool HasReseedWord { get; init; }

    /// <summary>
    /// Gets upstream's format for snapshots of guests without interrupts; <c>null</c> if upstream has no format for guests of the layout.
    /// </summary>
    internal SnapshotAbi? SnapshotAbi { get; init; }

    /// <summary>
    /// Gets the physical addresses that no region may cover: those of devices, and in layouts without paging the pages that a hypervisor
    /// needs.
    /// </summary>
    internal ImmutableArray<ReservedRange> ReservedRanges { get; init; }

    /// <summary>Gets whether each sandbox has a private copy of the snapshot region.</summary>
    internal bool SnapshotIsPrivate => (SnapshotPermissions & MemoryPermissions.Write) != 0;

    /// <summary>Gets whether the processor starts with SSE enabled (amd64 sheet, section 4.1; i686 sheet, section 3.1).</summary>
    internal bool StartsWithSse => EntryMode == EntryMode.LongMode;

    /// <summary>
    /// Gets whether the PEB can list mapped files: the PEB has slots for files, and each sandbox has a copy of the PEB that the host can
    /// write to.
    /// </summary>
    public bool ListsFileMappings => FileMappingSlots > 0 && SnapshotIsPrivate;

    /// <summary>
    /// Gets the layout for a guest whose image starts at an address. Layouts whose guests cannot choose the address ignore the address.
    /// </summary>
    internal GuestLayout PlacedAt(GuestPhysicalAddress address) => LowestBase is null ? this : this with { SnapshotBase = address };

    /// <summary>Gets the physical address of the first byte of a scratch region of <paramref name="scratchSize"/> bytes.</summary>
    internal GuestPhysicalAddress ScratchBaseGpa(ulong scratchSize) => ScratchTopGpa - scratchSize + 1;

    /// <summary>Gets the virtual address of the first byte of a scratch region of <paramref name="scratchSize"/> bytes.</summary>
    internal GuestVirtualAddress ScratchBaseGva(ulong scratchSize) => ScratchTopGva - scratchSize + 1;

    /// <summary>
    /// Gets the initial stack pointer: one word below the top of the exception stack, as if the entry point had been called.
    /// </summary>
    internal GuestVirtualAddress InitialStackPointer => ScratchTopGva + 1 - ExceptionStackOffset - 8;

    /// <summary>Gets the least size of scratch in bytes for buffers of these sizes, without page tables.</summary>
    internal ulong MinimumScratchSize(ulong inputBufferSize, ulong outputBufferSize) =>
        checked(RoundUpToPage(inputBufferSize + outputBufferSize) + (ScratchReservePages * PageSize));

    /// <summary>Rounds a size up to whole pages.</summary>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    internal static ulong RoundUpToPage(ulong size) => GuestPage.RoundUp(size);

    /// <inheritdoc/>
    public override string ToString() => Id;
}
