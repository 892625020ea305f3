using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>What only an operating system's loader could give the guest.</summary>
internal static class LoaderRules
{
    private const int LongestName = 64;

    public static void Check(ElfFile elf, CappedFindings findings)
    {
        foreach (ElfSegment segment in elf.Segments)
        {
            if (segment.Type == ElfSegmentType.Interpreter)
            {
                findings.Add(Rules.Interpreter, () =>
                    $"the guest asks for the dynamic loader {Quote(Encoding.UTF8.GetString(Start(elf.ContentOf(segment).Span)).TrimEnd('\0'))} "
                    + $"(PT_INTERP, program header {segment.Index}), inside a micro-VM there is none: "
                    + "link statically (-static-pie -nostdlib, or -Wl,--no-dynamic-linker).");
            }
            else if (segment is { Type: ElfSegmentType.ThreadLocalStorage, MemorySize: > 0 })
            {
                findings.Add(Rules.ThreadLocalStorage, () =>
                    $"the guest has 0x{segment.MemorySize:X} bytes of thread-local storage (PT_TLS, program header {segment.Index}), "
                    + "nothing sets that up in a guest: make the variables global, a guest has one thread.");
            }
            else if (segment.Type == ElfSegmentType.GnuStack && (segment.Flags & ElfSegmentFlags.Execute) != 0)
            {
                findings.Add(Rules.ExecutableStack, () =>
                    $"the guest asks for an executable stack (PT_GNU_STACK, program header {segment.Index}), which has no effect: "
                    + "what a guest can execute follows from its layout alone. Link with -Wl,-z,noexecstack, and give assembly files a .note.GNU-stack section.");
            }
        }

        if (!elf.NeededLibraries.IsEmpty)
        {
            findings.Add(Rules.SharedLibrary, () =>
            {
                int more = elf.NeededLibraries.Length - CappedFindings.Limit;
                string names = string.Join(", ", elf.NeededLibraries.Take(CappedFindings.Limit).Select(Quote));
                return $"the guest needs {names}{(more > 0 ? $" and {more} more" : "")} (DT_NEEDED), "
                    + "inside a micro-VM there are no shared libraries: link statically.";
            });
        }
    }

    private static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> content) => content[..Math.Min(content.Length, 4 * LongestName)];

    /// <summary>A name from the file, safe to print on a terminal and in a log.</summary>
    private static string Quote(string name)
    {
        char[] shown = [.. name.Take(LongestName).Select(character => char.IsAsciiLetterOrDigit(character) || "/._+-@ ".Contains(character) ? character : '?')];
        return $"'{new string(shown)}{(name.Length > LongestName ? "…" : "")}'";
    }
}
