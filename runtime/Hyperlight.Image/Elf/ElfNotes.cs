using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Hyperlight.Elf;

/// <summary>What the notes of a file say about it.</summary>
/// <param name="HyperlightVersion">The upstream version the guest was built for, null where no note tells.</param>
/// <param name="BuildId">The linker's build id in lower-case hexadecimal, null where there is none.</param>
internal readonly record struct ElfNotes(string? HyperlightVersion, string? BuildId)
{
    /// <summary>The section upstream's guest library puts its version in (amd64 sheet, section 1.4).</summary>
    private const string VersionSection = ".note.hyperlight-version";

    private const uint VersionType = 1;         // the note's type (amd64 sheet, section 1.4)
    private const int LongestVersion = 64;      // in bytes; upstream's are crate versions
    private const uint BuildIdType = 3;         // NT_GNU_BUILD_ID
    private const int LongestBuildId = 64;      // in bytes; linkers write 8 to 32

    private static readonly SearchValues<byte> VersionCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-_"u8);

    private static ReadOnlySpan<byte> VersionOwner => "Hyperlight"u8;

    private static ReadOnlySpan<byte> BuildIdOwner => "GNU"u8;

    /// <summary>Reads the notes, by section name as upstream does, then from the note segments of a file without section headers.</summary>
    public static ElfNotes Read(
        ReadOnlySpan<byte> file, ImmutableArray<ElfSegment> segments, ImmutableArray<ElfSection> sections, ICollection<Finding> findings)
    {
        string? version = null;
        string? buildId = null;
        bool hasVersionSection = false;
        ElfNoteRanges ranges = new(file);
        foreach (ElfSection section in sections)
        {
            bool isVersionSection = section.Name == VersionSection;
            hasVersionSection |= isVersionSection;
            if (isVersionSection || section.Type == ElfSectionType.Note)
            {
                Scan(ranges.Take(section.Offset, section.Size), section.Alignment, ref version, ref buildId);
            }
        }

        ranges = new(file);
        foreach (ElfSegment segment in segments)
        {
            if (segment.Type == ElfSegmentType.Note)
            {
                Scan(ranges.Take(segment.Offset, segment.FileSize), segment.Alignment, ref version, ref buildId);
            }
        }

        if (version is null && hasVersionSection)
        {
            findings.Add(Rules.MalformedVersionNote.Found(
                $"the section {VersionSection} holds no note of owner Hyperlight and type {VersionType} with a version of at most {LongestVersion} characters, "
                + "so the guest's Hyperlight version is not checked: build it with an unchanged guest library, and do not edit or merge the section."));
        }

        return new(version, buildId);
    }

    private static void Scan(ReadOnlySpan<byte> notes, ulong alignment, ref string? version, ref string? buildId)
    {
        ElfNoteCursor cursor = new(notes, alignment);
        while (cursor.MoveNext())
        {
            if (version is null && cursor.Type == VersionType && cursor.Owner.SequenceEqual(VersionOwner))
            {
                version = ReadVersion(cursor.Descriptor.TrimEnd((byte)0));
            }
            else if (buildId is null && cursor.Type == BuildIdType && cursor.Owner.SequenceEqual(BuildIdOwner)
                && cursor.Descriptor.Length is > 0 and <= LongestBuildId)
            {
                buildId = Convert.ToHexStringLower(cursor.Descriptor);
            }
        }
    }

    private static string? ReadVersion(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= LongestVersion && !text.ContainsAnyExcept(VersionCharacters) ? Encoding.ASCII.GetString(text) : null;
}
