using Hyperlight.Elf;
using Hyperlight.Paging;

namespace Hyperlight.Validation;

/// <summary>
/// The rule for code that the guest can change: a segment with the permissions to write and to execute, or a page that two segments share,
/// because it gets the permissions of both. Without page tables shared pages do not matter, because all pages are writable and executable.
/// A segment with both permissions is still a finding.
/// </summary>
internal static class WritableCodeRules
{
    private const ElfSegmentFlags WritableCode = ElfSegmentFlags.Write | ElfSegmentFlags.Execute;

    public static void Check(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        // In the order of addresses, a segment can share only the page on which the segments before it end.
        (ulong Page, ElfSegmentFlags Flags, ElfSegment Segment)? shared = null;
        foreach (ElfSegment segment in elf.LoadSegments.OrderBy(segment => segment.VirtualAddress))
        {
            ElfSegmentFlags flags = segment.Flags;
            if ((flags & WritableCode) == WritableCode)
            {
                ReportSegment(segment, elf, findings);
            }

            if (layout.Paging != GuestPaging.None && shared is { } before && before.Page == PageOf(segment.VirtualAddress))
            {
                ElfSegmentFlags union = before.Flags | flags;
                if ((union & WritableCode) == WritableCode && (before.Flags & WritableCode) != WritableCode
                    && (flags & WritableCode) != WritableCode)
                {
                    ReportPage(before.Page, before.Segment, segment, elf, findings);
                }

                flags = PageOf(segment.LastAddress) == before.Page ? union : flags;
            }

            shared = (PageOf(segment.LastAddress), flags, segment);
        }
    }

    private static ulong PageOf(ulong address) => address & ~(GuestLayout.PageSize - 1);

    private static void ReportSegment(ElfSegment segment, ElfFile elf, CappedFindings findings) => findings.Add(Rules.WritableCode, () =>
        $"{segment} is writable and executable, which lets an attacker write code through a bug in the guest: "
        + $"{LinkerAdvice.SeparateCode(elf)}, "
        + "or ignore this if the guest needs it.");

    private static void ReportPage(
        ulong page, ElfSegment first, ElfSegment second, ElfFile elf, CappedFindings findings) => findings.Add(Rules.WritableCode, () =>
        $"the page 0x{page:X} belongs to {first} and to {second}, so it is writable and executable, "
        + "which lets an attacker write code through a bug in the guest: "
        + $"{LinkerAdvice.SeparateCode(elf)}, or ignore this if the guest needs it.");
}
