using System.Collections.Immutable;
using Hyperlight.Files;

namespace Hyperlight.Memory;

/// <summary>The memory of the host, of which guests are given parts. Any thread may use any member.</summary>
internal interface IHostMemory
{
    /// <summary>Allocates memory that is zero. A page takes room only once it is touched.</summary>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    MappedMemory Allocate(ulong size);

    /// <summary>
    /// Allocates memory that shows parts of files and is zero elsewhere. Writes stay in the memory: the files never change, and pages that
    /// nobody has written are shared with all other memory that shows them.
    /// </summary>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    /// <param name="parts">The parts, inside the memory. A later part hides an earlier one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A part does not lie inside the memory.</exception>
    /// <exception cref="HyperlightException">There is not enough memory, or the operating system refuses.</exception>
    MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts);

    /// <summary>Creates a template, whose first user is the caller.</summary>
    /// <param name="size">The size in bytes of memory with the template, a multiple of the page size and not 0.</param>
    /// <param name="pieces">The content, inside the memory. The pieces do not overlap.</param>
    /// <exception cref="HyperlightException">HL3012: there is not enough memory, or too many files are open.</exception>
    MemoryTemplate CreateTemplate(ulong size, ImmutableArray<TemplatePiece> pieces);

    /// <summary>
    /// Allocates memory with the content of a template. Writes stay in the memory. The memory is a user of the template.
    /// </summary>
    /// <param name="template">The template, which the caller is a user of.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or the operating system refuses.</exception>
    MappedMemory Allocate(MemoryTemplate template);

    /// <summary>Maps the start of a file, read-only and shared with all other memory that shows the file.</summary>
    /// <param name="file">
    /// The file, open as long as the memory lives. If others may shorten the file, the host reads the file instead of the memory.
    /// </param>
    /// <param name="length">
    /// The number of bytes of the file to show, not 0. Bytes of the last page that lie behind the end of the file are zero.
    /// </param>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    MappedMemory MapReadOnly(SharedFile file, ulong length);
}
