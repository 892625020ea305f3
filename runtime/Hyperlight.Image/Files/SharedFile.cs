using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>A memory blob with several users. The last user closes the file.</summary>
internal sealed class SharedFile : Shared
{
    private readonly Shared? _content;
    private readonly SteadyLock _lock = new();
    private IDisposable? _derived;

    /// <summary>Creates a blob from a file that others may change or shorten.</summary>
    /// <param name="handle">The file. The new object takes ownership of the file.</param>
    public SharedFile(SafeFileHandle handle) => Handle = handle;

    private SharedFile(SafeFileHandle handle, Shared? content)
    {
        Handle = handle;
        _content = content;
        IsSealed = true;
    }

    /// <summary>Gets the file, which is open until the last user disposes the blob.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>
    /// Gets whether nobody can change the file any more. The host must not read a view of another file, because the process ends if the
    /// file was shortened.
    /// </summary>
    public bool IsSealed { get; }

    /// <summary>
    /// Gets the ranges of a guest's memory that the file stores, one after the other; <c>null</c> if the file stores all of the memory.
    /// </summary>
    public ImmutableArray<StoredRange>? Ranges { get; init; }

    /// <summary>Creates a blob from a file that <see cref="SealedFile"/> created.</summary>
    /// <param name="handle">The file. The new object takes ownership of the file.</param>
    /// <param name="ranges">The ranges of a guest's memory that the file stores; <c>null</c> if the file stores all of the memory.</param>
    public static SharedFile Sealed(SafeFileHandle handle, ImmutableArray<StoredRange>? ranges = null) =>
        new(handle, content: null) { Ranges = ranges };

    /// <summary>Creates a blob from content that other blobs share.</summary>
    /// <param name="content">The content. The caller passes its use of the content on.</param>
    /// <param name="ranges">The ranges of a guest's memory that the file stores; <c>null</c> if the file stores all of the memory.</param>
    public static SharedFile Sealed(VerifiedContent content, ImmutableArray<StoredRange>? ranges) =>
        new(content.Handle, content) { Ranges = ranges };

    /// <summary>Gets an object that is made of the content once, and is freed with the file. The caller is a user of the file.</summary>
    /// <param name="make">Makes the object. If this throws, the next caller tries again.</param>
    /// <typeparam name="T">The type of the object, the only type that is asked for.</typeparam>
    public T Derive<T>(Func<T> make)
        where T : class, IDisposable
    {
        using (_lock.Enter())
        {
            return (T)(_derived ??= make());
        }
    }

    /// <summary>Gets the ranges. If the file stores all of the memory there is one range.</summary>
    /// <param name="size">The size of the memory in bytes.</param>
    public ImmutableArray<StoredRange> RangesOf(ulong size) => Ranges ?? [new(0, size)];

    /// <summary>Reads bytes of the guest's memory.</summary>
    /// <param name="target">Receives the bytes, as many as it has room for. Bytes that the file does not store are zero.</param>
    /// <param name="offset">The offset of the first byte in the memory.</param>
    /// <exception cref="EndOfStreamException">The file is shorter than it was when it was opened.</exception>
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
        _derived?.Dispose();
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
