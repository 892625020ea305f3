using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// Memory of the host that any number of sandboxes show their guests, such as the weights of a model: it is there once, and nobody can change it,
/// neither host nor guest. Sandboxes that map it keep it alive; disposing it frees it when none does. It may be used from any thread.
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

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Bytes that a sandbox maps: those it was made from, rounded up to whole pages. The rest of the last page is zero.</summary>
    public long Size => checked((long)Memory.Memory.Size);

    private SharedMemory Memory { get; }

    /// <summary>Creates a region with a copy of bytes.</summary>
    /// <param name="name">The name of the region in messages.</param>
    /// <param name="bytes">The bytes, at least one.</param>
    /// <returns>The region; dispose it.</returns>
    /// <exception cref="ArgumentException">The name is empty, or there are no bytes.</exception>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public static SharedRegion FromBytes(string name, ReadOnlySpan<byte> bytes)
    {
        MappedMemory memory = Allocate(name, bytes.Length);
        bytes.CopyTo(memory.Slice(0, bytes.Length));
        return Seal(name, memory);
    }

    /// <inheritdoc cref="FromBytes(string, ReadOnlySpan{byte})"/>
    public static SharedRegion FromBytes(string name, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return FromBytes(name, bytes.AsSpan());
    }

    /// <summary>Creates a region with bytes of a stream.</summary>
    /// <param name="name">The name of the region in messages.</param>
    /// <param name="stream">The stream, read from its current position.</param>
    /// <param name="length">How many bytes to read, at least one.</param>
    /// <param name="cancellationToken">Stops the reading between two pieces of 1 MiB.</param>
    /// <returns>The region; dispose it.</returns>
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
        }
        catch
        {
            memory.Dispose();
            throw;
        }

        return Seal(name, memory);
    }

    /// <summary>Frees the memory once no sandbox maps it any more. It cannot be mapped again.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            Memory.Dispose();
        }
    }

    /// <summary>Adds a user of the memory, who disposes it.</summary>
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
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Guests run on Linux, so their memory is there only: run there.");
        }

        return Hypervisor.Chosen.Memory.Allocate(GuestLayout.RoundUpToPage((ulong)length));
    }

    private static SharedRegion Seal(string name, MappedMemory memory)
    {
        try
        {
            memory.MakeReadOnly();
            return new(name, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
