using System.Collections.Immutable;
using Hyperlight.Files;

namespace Hyperlight.Memory.Windows;

/// <summary>
/// The memory of a Windows host. All memory consists of sections, so that a second process can be given the same pages. Windows promises
/// the whole size when memory is allocated (commit charge), and a page takes room once it is touched.
/// </summary>
internal sealed class WindowsHostMemory : IHostMemory
{
    /// <inheritdoc/>
    public MappedMemory Allocate(ulong size) => WindowsMemory.Allocate(size);

    /// <summary>
    /// Allocates memory with a copy of parts of files. A private view of the files would not do: what a guest writes to the view of another
    /// process could not be seen here.
    /// </summary>
    /// <inheritdoc/>
    public MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts) => WindowsMemory.Allocate(size, new SourcePages(size, parts));

    /// <summary>Creates a template without a file, for the reason above: each memory gets a copy of the content.</summary>
    /// <inheritdoc/>
    public MemoryTemplate CreateTemplate(ulong size, ImmutableArray<TemplatePiece> pieces) => new(size, pieces);

    /// <inheritdoc/>
    public MappedMemory Allocate(MemoryTemplate template)
    {
        WindowsMemory memory = WindowsMemory.Allocate(template.Size);
        template.CopyPieces(memory);
        return memory;
    }

    /// <inheritdoc/>
    public MappedMemory MapReadOnly(SharedFile file, ulong length) => WindowsMemory.MapReadOnly(file.Handle, length);
}
