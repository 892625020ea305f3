using System.Collections.Immutable;
using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Placement;

/// <summary>Finds the layout of a guest. The layout follows from the ELF file, and users cannot choose another one.</summary>
internal static class LayoutSelection
{
    /// <summary>
    /// Finds the layout of a guest by its class and machine, and then by its version note or, without a note, by its link address.
    /// </summary>
    /// <param name="elf">The guest.</param>
    /// <param name="assertedArchitecture">
    /// The architecture that the project asserts, <c>amd64</c> or <c>i686</c>; <c>null</c> or empty for none. An assertion does not change
    /// the layout. A finding is added if the guest has another architecture. An unknown name asserts nothing.
    /// </param>
    /// <param name="findings">Receives HL1004, HL2001, HL2003 and HL2005.</param>
    /// <returns>
    /// The layout; <c>null</c> if no layout fits. After a finding about the assertion or the version there is still a layout, so that
    /// validation can find other faults.
    /// </returns>
    public static GuestLayout? Select(ElfFile elf, string? assertedArchitecture, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ArgumentNullException.ThrowIfNull(findings);

        ImmutableArray<GuestLayout> candidates =
            [.. GuestLayouts.All.Where(layout => ElfKind.Of(layout) == new ElfKind(elf.Class, elf.Machine))];
        if (candidates.IsEmpty)
        {
            findings.Add(UnknownMachine(elf));
            return null;
        }

        CheckAssertion(elf, candidates[0].Architecture, assertedArchitecture, findings);
        return elf.HyperlightVersion is { } version
            ? SelectByVersion(version, candidates, findings)
            : SelectByAddress(elf, candidates);
    }

    private static GuestLayout SelectByVersion(string version, ImmutableArray<GuestLayout> candidates, ICollection<Finding> findings)
    {
        if (candidates.FirstOrDefault(layout => layout.GuestVersions.Contains(version)) is { } layout)
        {
            return layout;
        }

        string supported = string.Join(", ", candidates.SelectMany(candidate => candidate.GuestVersions));
        findings.Add(Rules.VersionMismatch.Found(
            $"the guest's version note says Hyperlight {version}, {candidates[0].Architecture} guests of {supported} are supported: "
            + $"build the guest with the guest library of one of these versions."));
        return candidates[0];
    }

    private static GuestLayout SelectByAddress(ElfFile elf, ImmutableArray<GuestLayout> candidates)
    {
        // A 64-bit guest may be linked for any address. A 32-bit guest is linked for the address at which it runs.
        if (candidates.FirstOrDefault(layout => layout.Paging == GuestPaging.FourLevel) is { } layout)
        {
            return layout;
        }

        // Upstream does not relocate 32-bit guests, so no layout of upstream fits a position-independent 32-bit guest.
        bool isFixed = elf.Type != ElfType.PositionIndependent;
        if (isFixed
            && candidates.FirstOrDefault(layout => layout.LowestBase is null && layout.SnapshotBase.Value == elf.LoadBase) is { } upstream)
        {
            return upstream;
        }

        // The image starts with a page. If the link address does not start a page, validation reports that.
        GuestLayout flat = candidates.First(layout => layout.LowestBase is not null);
        ulong lowest = flat.LowestBase!.Value.Value;
        ulong linked = elf.LoadBase & ~(GuestLayout.PageSize - 1);

        // A guest that must be moved gets the lowest address that keeps its alignment.
        ulong moved = lowest + (unchecked(linked - lowest) & (GuestPlacement.AlignmentOf(elf) - 1));
        return flat.PlacedAt(new(linked >= lowest ? linked : isFixed ? lowest : moved));
    }

    private static void CheckAssertion(ElfFile elf, string architecture, string? asserted, ICollection<Finding> findings)
    {
        if (string.IsNullOrEmpty(asserted) || asserted.Equals(architecture, StringComparison.OrdinalIgnoreCase)
            || GuestLayouts.All.FirstOrDefault(
                layout => layout.Architecture.Equals(asserted, StringComparison.OrdinalIgnoreCase)) is not { } wanted)
        {
            return;
        }

        findings.Add(Rules.LayoutMismatch.Found(
            $"the guest is an {architecture} guest ({Describe(elf)}), the project asserts {wanted.Architecture}: "
            + $"build the guest for {wanted.Architecture}, or remove the assertion "
            + $"(HyperlightArchitecture, or Architecture on the item)."));

        ulong lastAddress = new ElfFormat(ElfKind.Of(wanted).Class).LastAddress;
        ElfSegment beyond = elf.LoadSegments.FirstOrDefault(segment => segment.LastAddress > lastAddress);
        if (beyond.Type == ElfSegmentType.Load)
        {
            findings.Add(Rules.AddressBeyondLayout.Found(
                $"{beyond} reaches beyond 0x{lastAddress:X}, the last address of {wanted.Architecture} guests: "
                + $"link the guest lower, or remove the assertion."));
        }
    }

    private static Finding UnknownMachine(ElfFile elf)
    {
        string found = (elf.Class, elf.Machine) == (ElfClass.Elf32, ElfMachine.X86_64)
            ? "the guest uses the x32 ABI (32-bit class, machine x86-64), whose processor mode no layout has"
            : $"the guest is for {Describe(elf)}";
        string allowed = string.Join(" and ", GuestLayouts.All
            .Select(layout => (layout.Architecture, Kind: ElfKind.Of(layout)))
            .Select(layout => $"{Describe(layout.Kind.Class)} {layout.Kind.Machine} ({layout.Architecture})").Distinct());
        return Rules.ElfMachine.Found($"{found}, supported are {allowed}: build the guest for one of these.");
    }

    private static string Describe(ElfFile elf) =>
        $"{Describe(elf.Class)} {(Enum.IsDefined(elf.Machine) ? elf.Machine.ToString() : $"machine {(ushort)elf.Machine}")}";

    private static string Describe(ElfClass elfClass) => elfClass == ElfClass.Elf64 ? "64-bit" : "32-bit";
}
