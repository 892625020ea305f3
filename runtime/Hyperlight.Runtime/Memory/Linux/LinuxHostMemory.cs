using Hyperlight.Files;

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

    /// <inheritdoc/>
    public MappedMemory MapReadOnly(SharedFile file, ulong length) => file.IsSealed
        ? LinuxMemory.MapReadOnly(file.Handle, GuestLayout.RoundUpToPage(length))
        : LinuxMemory.MapChanging(file.Handle, length);
}
