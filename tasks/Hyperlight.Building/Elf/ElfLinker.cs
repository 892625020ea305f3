using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>The linker that made a file. Linkers have different options.</summary>
internal enum ElfLinker
{
    /// <summary>The file does not name its linker.</summary>
    Unknown,

    /// <summary>GNU ld.</summary>
    Gnu,

    /// <summary>GNU gold.</summary>
    Gold,

    /// <summary>LLVM's lld.</summary>
    Lld,

    /// <summary>mold.</summary>
    Mold,
}

/// <summary>Finds out which linker made a file.</summary>
internal static class ElfLinkerMark
{
    private const string CommentSection = ".comment";
    private const string GoldSection = ".note.gnu.gold-version";

    /// <summary>
    /// Finds the linker. lld and mold add their name to the section of compiler comments, gold adds a note, and GNU ld adds nothing.
    /// </summary>
    public static ElfLinker Read(ReadOnlySpan<byte> file, ImmutableArray<ElfSection> sections)
    {
        ElfLinker found = ElfLinker.Unknown;
        ElfRanges ranges = new(file);
        foreach (ElfSection section in sections)
        {
            if (section.Name == GoldSection)
            {
                return ElfLinker.Gold;
            }

            if (found == ElfLinker.Unknown && section.Name == CommentSection)
            {
                ReadOnlySpan<byte> comments = ranges.Take(section.Offset, section.Size);
                found = comments.IndexOf(" LLD "u8) >= 0 ? ElfLinker.Lld
                    : comments.IndexOf("mold "u8) >= 0 ? ElfLinker.Mold
                    : comments.IsEmpty ? ElfLinker.Unknown : ElfLinker.Gnu;
            }
        }

        return found;
    }
}
