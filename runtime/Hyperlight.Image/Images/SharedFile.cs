using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>A file that several use at once. The last of them closes it.</summary>
/// <param name="handle">The file, taken over.</param>
internal sealed class SharedFile(SafeFileHandle handle) : Shared
{
    /// <summary>The file, open until the last user disposes it.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>Reads as many bytes as there is room for.</summary>
    /// <exception cref="EndOfStreamException">The file ends before: it became shorter since it was opened.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Read(Span<byte> target, ulong offset)
    {
        while (!target.IsEmpty)
        {
            int count = RandomAccess.Read(handle, target, checked((long)offset));
            target = count > 0 ? target[count..] : throw new EndOfStreamException("its memory blob became shorter meanwhile");
            offset += (ulong)count;
        }
    }

    /// <inheritdoc/>
    protected override void Free() => handle.Dispose();
}
