using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>A memory blob that several use at once. The last of them closes it.</summary>
internal sealed class SharedFile : Shared
{
    private readonly Shared? _content;

    /// <summary>A file that others may change or shorten.</summary>
    /// <param name="handle">The file, taken over.</param>
    public SharedFile(SafeFileHandle handle) => Handle = handle;

    private SharedFile(SafeFileHandle handle, Shared? content)
    {
        Handle = handle;
        _content = content;
        IsSealed = true;
    }

    /// <summary>The file, open until the last user disposes it.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Whether nobody can change the file any more. A view of any other must not be touched by the host: what is gone from the file ends the process.</summary>
    public bool IsSealed { get; }

    /// <summary>The ranges of a guest's memory that the file holds, each behind the one before; null where the file holds all of the memory.</summary>
    public ImmutableArray<StoredRange>? Ranges { get; init; }

    /// <summary>A file that was made by <see cref="Files.SealedFile"/>.</summary>
    /// <param name="handle">The file, taken over.</param>
    /// <param name="ranges">What it has of a guest's memory; null for all.</param>
    public static SharedFile Sealed(SafeFileHandle handle, ImmutableArray<StoredRange>? ranges = null) => new(handle, content: null) { Ranges = ranges };

    /// <summary>A file whose content others share.</summary>
    /// <param name="content">The content; this takes over one use of it.</param>
    /// <param name="ranges">What it has of a guest's memory; null for all.</param>
    public static SharedFile Sealed(VerifiedContent content, ImmutableArray<StoredRange>? ranges) => new(content.Handle, content) { Ranges = ranges };

    /// <summary>The ranges, also where all of a memory is there.</summary>
    /// <param name="size">Bytes of the memory.</param>
    public ImmutableArray<StoredRange> RangesOf(ulong size) => Ranges ?? [new(0, size)];

    /// <summary>Reads as many bytes as there is room for.</summary>
    /// <param name="target">Receives them; zeros where the file holds nothing.</param>
    /// <param name="offset">Where they are in the memory.</param>
    /// <exception cref="EndOfStreamException">The file ends before: it became shorter since it was opened.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Read(Span<byte> target, ulong offset)
    {
        if (Ranges is not { } ranges)
        {
            ReadFile(target, offset);
            return;
        }

        target.Clear();
        ulong end = offset + (ulong)target.Length;
        ulong place = 0;
        foreach (StoredRange range in ranges)
        {
            ulong from = Math.Max(range.Offset, offset);
            ulong to = Math.Min(range.Offset + range.Size, end);
            if (from < to)
            {
                ReadFile(target.Slice((int)(from - offset), (int)(to - from)), place + (from - range.Offset));
            }

            place += range.Size;
        }
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        if (_content is not null)
        {
            _content.Dispose();
        }
        else
        {
            Handle.Dispose();
        }
    }

    private void ReadFile(Span<byte> target, ulong offset)
    {
        while (!target.IsEmpty)
        {
            int count = RandomAccess.Read(Handle, target, checked((long)offset));
            target = count > 0 ? target[count..] : throw new EndOfStreamException("its memory blob became shorter meanwhile");
            offset += (ulong)count;
        }
    }
}
