using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Hyperlight.Elf;

/// <summary>The facts in the notes of a file.</summary>
/// <param name="HyperlightVersion">The version of upstream that the guest was built for; <c>null</c> if there is no such note.</param>
/// <param name="BuildId">The build id in lower-case hexadecimal; <c>null</c> if there is no such note.</param>
internal readonly record struct ElfNotes(string? HyperlightVersion, string? BuildId)
{
    /// <summary>The section for the version of upstream's guest library (amd64 sheet, section 1.4).</summary>
    private const string VersionSection = ".note.hyperlight-version";

    private const uint VersionType = 1;         // the note's type (amd64 sheet, section 1.4)
    private const int LongestVersion = 64;      // in bytes; upstream writes the versions of its crates
    private const uint BuildIdType = 3;         // NT_GNU_BUILD_ID
    private const int LongestBuildId = 64;      // in bytes; linkers write 8 to 32

    private static readonly SearchValues<byte> VersionCharacters = SearchValues.Create(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-_"u8);

    private static ReadOnlySpan<byte> VersionOwner => "Hyperlight"u8;

    private static ReadOnlySpan<byte> BuildIdOwner => "GNU"u8;

    /// <summary>
    /// Reads the notes: first from the sections, as upstream does, then from the segments, because a file may have no section headers.
    /// </summary>
    public static ElfNotes Read(
        ReadOnlySpan<byte> file, ImmutableArray<ElfSegment> segments, ImmutableArray<ElfSection> sections, ICollection<Finding> findings)
    {
        NoteScan scan = new();
        string? place = null;
        ElfRanges ranges = new(file);
        foreach (ElfSection section in sections)
        {
            bool isVersionSection = section.Name == VersionSection;
            if (isVersionSection || section.Type == ElfSectionType.Note)
            {
                bool names = scan.Read(ranges.Take(section.Offset, section.Size), section.Alignment);
                place = isVersionSection ? $"the section {VersionSection}" : names ? place ?? $"the section number {section.Index}" : place;
            }
        }

        ranges = new(file);
        foreach (ElfSegment segment in segments)
        {
            if (segment.Type == ElfSegmentType.Note && scan.Read(ranges.Take(segment.Offset, segment.FileSize), segment.Alignment))
            {
                place ??= $"the note segment of program header {segment.Index}";
            }
        }

        if (scan.Version is null && place is not null)
        {
            findings.Add(Rules.MalformedVersionNote.Found(
                $"{place} holds no note of owner Hyperlight and type {VersionType} with a version of at most {LongestVersion} letters, "
                + $"digits and .+-_, "
                + $"so the guest's Hyperlight version is not checked: build it with an unchanged guest library, "
                + $"and do not edit or merge the note."));
        }

        return new(scan.Version, scan.BuildId);
    }

    /// <summary>The facts of the notes that have been read so far.</summary>
    private sealed class NoteScan
    {
        public string? Version { get; private set; }

        public string? BuildId { get; private set; }

        /// <summary>Reads notes. Returns <c>true</c> if Hyperlight is named in a note or in the rest of a damaged note.</summary>
        public bool Read(ReadOnlySpan<byte> notes, ulong alignment)
        {
            ElfNoteCursor cursor = new(notes, alignment);
            while (cursor.MoveNext())
            {
                if (Version is null && cursor.Type == VersionType && cursor.Owner.SequenceEqual(VersionOwner))
                {
                    Version = ReadVersion(cursor.Descriptor.TrimEnd((byte)0));
                }
                else if (BuildId is null && cursor.Type == BuildIdType && cursor.Owner.SequenceEqual(BuildIdOwner)
                    && cursor.Descriptor.Length is > 0 and <= LongestBuildId)
                {
                    BuildId = Convert.ToHexStringLower(cursor.Descriptor);
                }
            }

            return notes.IndexOf(VersionOwner) >= 0;
        }
    }

    private static string? ReadVersion(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= LongestVersion && !text.ContainsAnyExcept(VersionCharacters) ? Encoding.ASCII.GetString(text) : null;
}
