using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// Memory of the host that any number of sandboxes can map, such as the weights of a model. The memory exists once, and neither the host
/// nor a guest can change it. The memory is freed when the region is disposed and no sandbox maps it any more. Any thread may use a region.
/// </summary>
public sealed class SharedRegion : IDisposable
{
    private const int PieceSize = 1 << 20;

    private bool _isDisposed;

    private SharedRegion(string name, MappedMemory memory)
    {
        Name = name;
        Memory = new(memory);
    }

    /// <summary>Gets the name of the region in messages.</summary>
    public string Name { get; }

    /// <summary>
    /// Gets the size in bytes: the number of bytes that the region was created with, rounded up to whole pages of 4096 bytes. The rest of
    /// the last page is zero.
    /// </summary>
    public long Size => checked((long)Memory.Memory.Size);

    private SharedMemory Memory { get; }

#pragma warning disable RS0026 // No call fits both overloads of FromBytes equally well: the bytes are a span or an array.
    /// <summary>Creates a region with a copy of bytes.</summary>
    /// <param name="name">The name of the region in messages.</param>
    /// <param name="bytes">The bytes, at least one.</param>
    /// <param name="cancellationToken">Stops the copying between two pieces of 1 MiB.</param>
    /// <returns>The region, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The name is empty, or there are no bytes.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public static SharedRegion FromBytes(string name, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken = default)
    {
        MappedMemory memory = Allocate(name, bytes.Length);
        try
        {
            for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty; rest = rest[Math.Min(PieceSize, rest.Length)..])
            {
                cancellationToken.ThrowIfCancellationRequested();
                int length = Math.Min(PieceSize, rest.Length);
                rest[..length].CopyTo(memory.Slice((ulong)(bytes.Length - rest.Length), length));
            }

            return Seal(name, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="FromBytes(string, ReadOnlySpan{byte}, CancellationToken)"/>
    public static SharedRegion FromBytes(string name, byte[] bytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return FromBytes(name, bytes.AsSpan(), cancellationToken);
    }

#pragma warning restore RS0026

    /// <summary>Creates a region with bytes of a stream.</summary>
    /// <param name="name">The name of the region in messages.</param>
    /// <param name="stream">The stream, read from its current position.</param>
    /// <param name="length">The number of bytes to read, at least one.</param>
    /// <param name="cancellationToken">Stops the reading between two pieces of 1 MiB.</param>
    /// <returns>The region, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The name is empty, or the length is not positive.</exception>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public static SharedRegion FromStream(string name, Stream stream, long length, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        MappedMemory memory = Allocate(name, length);
        try
        {
            for (long offset = 0; offset < length; offset += PieceSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                stream.ReadExactly(memory.Slice((ulong)offset, (int)Math.Min(PieceSize, length - offset)));
            }

            return Seal(name, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Disposes the region. The memory is freed when no sandbox maps it any more. A disposed region cannot be mapped again.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            Memory.Dispose();
        }
    }

    /// <summary>Adds a user of the memory. The user disposes the memory.</summary>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    internal SharedMemory Hold()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) || !Memory.TryShare(), this);
        return Memory;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({ByteSize.ToText(Memory.Memory.Size)})";

    private static MappedMemory Allocate(string name, long length)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return Hypervisor.Chosen.Memory.Allocate(GuestLayout.RoundUpToPage((ulong)length));
    }

    private static SharedRegion Seal(string name, MappedMemory memory)
    {
        memory.MakeReadOnly();
        return new(name, memory);
    }
}
