using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>The rules for needs that only the loader of an operating system can meet.</summary>
internal static class LoaderRules
{
    private const int LongestPath = 256;

    /// <summary>Checks whether the guest is a program that needs the dynamic loader of an operating system.</summary>
    public static bool NeedsLoader(ElfFile elf) =>
        !elf.NeededLibraries.IsEmpty || elf.Segments.Any(segment => segment.Type == ElfSegmentType.Interpreter);

    public static void Check(ElfFile elf, CappedFindings findings)
    {
        foreach (ElfSegment segment in elf.Segments)
        {
            if (segment.Type == ElfSegmentType.Interpreter)
            {
                findings.Add(Rules.Interpreter, () =>
                    "the guest asks for the dynamic loader "
                    + $"{SymbolNames.Quote(Encoding.UTF8.GetString(Start(elf.ContentOf(segment).Span)).TrimEnd('\0'))} "
                    + $"(PT_INTERP, program header {segment.Index}), inside a micro-VM there is none: "
                    + LinkerAdvice.WithoutDynamicLoader(elf) + ".");
            }
            else if (segment.Type == ElfSegmentType.GnuStack && (segment.Flags & ElfSegmentFlags.Execute) != 0)
            {
                findings.Add(Rules.ExecutableStack, () =>
                    $"the guest asks for an executable stack (PT_GNU_STACK, program header {segment.Index}), which has no effect: "
                    + "what a guest can execute follows from its layout alone. Link with -Wl,-z,noexecstack, "
                    + "and give assembly files a .note.GNU-stack section.");
            }
        }

        if (!elf.NeededLibraries.IsEmpty)
        {
            findings.Add(Rules.SharedLibrary, () =>
                $"the guest needs {SymbolNames.List(elf.NeededLibraries)} (DT_NEEDED), inside a micro-VM there are no shared libraries: "
                + "link statically.");
        }
    }

    private static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> content) => content[..Math.Min(content.Length, LongestPath)];
}
