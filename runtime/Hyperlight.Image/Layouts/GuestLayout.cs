using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight;

/// <summary>
/// An ABI profile: one object that answers every question about where a guest's memory lies and how its processor starts.
/// Code asks the profile and never tests an architecture. The profiles themselves stand in <see cref="GuestLayouts"/>.
/// </summary>
public sealed record GuestLayout
{
    internal GuestLayout()
    {
    }

    /// <summary>Bytes of a page, on every architecture.</summary>
    internal const ulong PageSize = GuestPage.Size;

    /// <summary>The profile's name, recorded in images, for example <c>amd64-0.16</c>.</summary>
    public string Id { get; internal init; } = "";

    /// <summary>Gets the architecture of its guests, <c>amd64</c> or <c>i686</c>, which <c>HyperlightArchitecture</c> asserts.</summary>
    public string Architecture { get; internal init; } = "";

    /// <summary>The upstream versions whose guests follow this profile: the values a version note may have.</summary>
    internal ImmutableArray<string> GuestVersions { get; init; }

    /// <summary>Where the snapshot region starts; the first byte of the guest's image, as GPA and GVA.</summary>
    internal GuestPhysicalAddress SnapshotBase { get; init; }

    /// <summary>
    /// The lowest address at which a guest of the profile may say itself that its image starts, and the end of its null guard; null where all guests
    /// start at <see cref="SnapshotBase"/>.
    /// </summary>
    internal GuestPhysicalAddress? LowestBase { get; init; }

    /// <summary>The last byte of the scratch region, physical.</summary>
    internal GuestPhysicalAddress ScratchTopGpa { get; init; }

    /// <summary>The last byte of the scratch region, virtual.</summary>
    internal GuestVirtualAddress ScratchTopGva { get; init; }

    /// <summary>The greatest size of the snapshot region and of the scratch region, in bytes.</summary>
    internal ulong MaxRegionSize { get; init; }

    /// <summary>What the hypervisor allows the guest in the snapshot region. With write permission every sandbox has a private copy.</summary>
    internal MemoryPermissions SnapshotPermissions { get; init; }

    /// <summary>Whether and how the guest's memory is paged at its start.</summary>
    internal GuestPaging Paging { get; init; }

    /// <summary>The mode the first instruction runs in.</summary>
    internal EntryMode EntryMode { get; init; }

    /// <summary>What CPUID leaf 0x80000008 reports as physical address bits.</summary>
    internal int PhysicalAddressBits { get; init; }

    /// <summary>The entry point must lie below this address, null where every address will do.</summary>
    internal ulong? EntryLimit { get; init; }

    /// <summary>Slots for file mappings behind the PEB; 0 where the PEB has no such field. At most 50, so that all fits a page.</summary>
    internal int FileMappingSlots { get; init; }

    /// <summary>Where the guest counter is, in bytes below the end of scratch; null where guests know of none.</summary>
    internal ulong? CounterOffset { get; init; }

    /// <summary>Where the exception stack starts to grow down, in bytes below the end of scratch.</summary>
    internal ulong ExceptionStackOffset { get; init; }

    /// <summary>Pages of scratch that a guest needs beyond its buffers and page tables.</summary>
    internal ulong ScratchReservePages { get; init; }

    /// <summary>The profile requires the words for the page-table base and the snapshot generation in scratch.</summary>
    internal bool HasPageTableWords { get; init; }

    /// <summary>The profile requires a word in scratch that asks the guest to seed its random numbers anew after a restore.</summary>
    internal bool HasReseedWord { get; init; }

    /// <summary>How snapshots of its guests without interrupts are saved; null where upstream has no format for them.</summary>
    internal SnapshotAbi? SnapshotAbi { get; init; }

    /// <summary>Physical addresses no region may cover: those of devices, and what a hypervisor needs for itself where a guest starts without paging.</summary>
    internal ImmutableArray<ReservedRange> ReservedRanges { get; init; }

    /// <summary>Whether each sandbox writes to a private copy of the snapshot region.</summary>
    internal bool SnapshotIsPrivate => (SnapshotPermissions & MemoryPermissions.Write) != 0;

    /// <summary>Whether the processor starts with SSE enabled (amd64 sheet, section 4.1; i686 sheet, section 3.1).</summary>
    internal bool StartsWithSse => EntryMode == EntryMode.LongMode;

    /// <summary>Whether the PEB lists mapped files: it has slots for them, and each sandbox a copy of it that the host can write to.</summary>
    public bool ListsFileMappings => FileMappingSlots > 0 && SnapshotIsPrivate;

    /// <summary>The profile for a guest whose image starts at an address: itself, unless its guests have a say in that.</summary>
    internal GuestLayout PlacedAt(GuestPhysicalAddress address) => LowestBase is null ? this : this with { SnapshotBase = address };

    /// <summary>The first byte of a scratch region of <paramref name="scratchSize"/> bytes, physical.</summary>
    internal GuestPhysicalAddress ScratchBaseGpa(ulong scratchSize) => ScratchTopGpa - scratchSize + 1;

    /// <summary>The first byte of a scratch region of <paramref name="scratchSize"/> bytes, virtual.</summary>
    internal GuestVirtualAddress ScratchBaseGva(ulong scratchSize) => ScratchTopGva - scratchSize + 1;

    /// <summary>The initial stack pointer: one word below the exception stack's top, as if the entry point had been called.</summary>
    internal GuestVirtualAddress InitialStackPointer => ScratchTopGva + 1 - ExceptionStackOffset - 8;

    /// <summary>The least scratch size in bytes for these buffers, without page tables.</summary>
    internal ulong MinimumScratchSize(ulong inputBufferSize, ulong outputBufferSize) =>
        checked(RoundUpToPage(inputBufferSize + outputBufferSize) + (ScratchReservePages * PageSize));

    /// <summary><paramref name="size"/> rounded up to whole pages.</summary>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    internal static ulong RoundUpToPage(ulong size) => GuestPage.RoundUp(size);

    /// <inheritdoc/>
    public override string ToString() => Id;
}
