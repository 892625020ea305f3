using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>
/// The first content of memory, which never changes: a few pieces, and zeros elsewhere. All memory with one template shares the pages that
/// nobody has written to, if the template has a file.
/// <code>
///   template   │ zero │ piece │ zero │ piece │
///   memory     │ own  │ shared       │ own   │   after host or guest wrote to the first and the last page
/// </code>
/// </summary>
/// <param name="size">The size of the memory in bytes, a multiple of the page size and not 0.</param>
/// <param name="pieces">The pieces, which do not overlap.</param>
/// <param name="file">A sealed file with the content, which the template takes over; <c>null</c> if each memory gets a copy.</param>
internal sealed class MemoryTemplate(ulong size, ImmutableArray<TemplatePiece> pieces, SafeFileHandle? file = null) : Shared
{
    /// <summary>Gets the size of the memory in bytes.</summary>
    public ulong Size => size;

    /// <summary>Gets the pieces.</summary>
    public ImmutableArray<TemplatePiece> Pieces => pieces;

    /// <summary>Gets or sets the templates with the same content; <c>null</c> if there is only this one.</summary>
    public MemoryTemplates? Series { get; set; }

    /// <summary>Gets a file with the content, which nobody can change; <c>null</c> if each memory has a copy of the content.</summary>
    public SafeFileHandle? File => file;

    /// <summary>Writes the pieces to memory that is zero.</summary>
    public void CopyPieces(MappedMemory memory)
    {
        foreach (TemplatePiece piece in pieces)
        {
            piece.Bytes.Span.CopyTo(memory.Slice(piece.Offset, piece.Bytes.Length));
        }
    }

    /// <inheritdoc/>
    protected override void Free() => file?.Dispose();
}
