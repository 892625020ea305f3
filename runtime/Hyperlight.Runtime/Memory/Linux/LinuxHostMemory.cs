using System.Collections.Immutable;
using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Linux;

/// <summary>The memory of a Linux host.</summary>
internal sealed class LinuxHostMemory : IHostMemory
{
    /// <inheritdoc/>
    public MappedMemory Allocate(ulong size) => LinuxMemory.Allocate(size);

    /// <inheritdoc/>
    public MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts)
    {
        LinuxMemory memory = LinuxMemory.Allocate(size);
        try
        {
            memory.KeepPagesSmall();
            foreach (ref readonly FilePart part in parts)
            {
                memory.Show(part);
            }

            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Creates a template whose content is in a sealed file, between two pages that become guard pages. Pages of zeros take no room.
    /// </summary>
    /// <inheritdoc/>
    public MemoryTemplate CreateTemplate(ulong size, ImmutableArray<TemplatePiece> pieces)
    {
        SafeFileHandle file = SealedFile.Create("the first content of guests' memory", file =>
        {
            RandomAccess.SetLength(file, checked((long)(size + (2 * LinuxMemory.GuardSize))));
            foreach (TemplatePiece piece in pieces)
            {
                RandomAccess.Write(file, piece.Bytes.Span, (long)(LinuxMemory.GuardSize + piece.Offset));
            }
        });
        return new(size, pieces, file);
    }

    /// <inheritdoc/>
    public MappedMemory Allocate(MemoryTemplate template) => LinuxMemory.Allocate(template);

    /// <inheritdoc/>
    public MappedMemory MapReadOnly(SharedFile file, ulong length) => file.IsSealed
        ? LinuxMemory.MapReadOnly(file.Handle, GuestLayout.RoundUpToPage(length))
        : LinuxMemory.MapChanging(file.Handle, length);
}
