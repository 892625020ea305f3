using System.Buffers.Binary;

namespace Hyperlight.Protocol;

/// <summary>
/// A last-in first-out buffer in memory that host and guest share (amd64 sheet, section 5.3). The guest may write anything into the buffer
/// whenever it runs, so each number is read once and checked before use.
/// <code>
///   │ u64 end of the stack │ message │ u64 its start │ message │ u64 its start │ free … │
///   0                      8                                                   end
/// </code>
/// </summary>
/// <param name="name">The name of the buffer, for messages.</param>
/// <param name="buffer">The whole buffer.</param>
internal readonly ref struct BufferStack(string name, Span<byte> buffer)
{
    private const int Head = sizeof(ulong);
    private const int Trailer = sizeof(ulong);
    private const int SizePrefix = sizeof(uint);

    // The size of the first array for messages.
    private const int LeastCopy = 512;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>Gets the bytes at the start of a buffer whose stack is empty.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = new byte[] { Head, 0, 0, 0, 0, 0, 0, 0 };

    /// <summary>Makes the stack empty.</summary>
    public void Reset() => Empty.Span.CopyTo(_buffer);

    /// <summary>Gets the room for one more message. The caller writes the message to its start and then calls <see cref="Push"/>.</summary>
    /// <exception cref="GuestProtocolException">The guest wrote an impossible end of the stack.</exception>
    public Span<byte> Free()
    {
        int end = End(Head);
        return end + Trailer > _buffer.Length ? default : _buffer[end..^Trailer];
    }

    /// <summary>Adds the message that was written to the start of <see cref="Free"/>.</summary>
    /// <param name="length">The length of the message in bytes, at most the length of the free room.</param>
    public void Push(int length)
    {
        int end = End(Head);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer[(end + length)..], (ulong)end);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer, (ulong)(end + length + Trailer));
    }

    /// <summary>Finds the last message.</summary>
    /// <param name="message">
    /// Receives the message with its size prefix, in the buffer: nobody else writes there until the guest runs again.
    /// </param>
    /// <returns>The place of the message, for <see cref="Remove"/>.</returns>
    /// <exception cref="GuestProtocolException">
    /// There is no message, or the numbers that the guest wrote around it contradict each other.
    /// </exception>
    public Range Top(out ReadOnlySpan<byte> message)
    {
        int end = End(Head + Trailer);
        int slotEnd = end - Trailer;
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(_buffer[slotEnd..]);
        if (start < Head || start > (ulong)(end - Head - Trailer))
        {
            throw new GuestProtocolException(
                $"The last message of the guest's {name} buffer starts at 0x{start:X}, and there is no room for it before the end of the "
                    + $"stack at 0x{end:X}.");
        }

        Span<byte> slot = _buffer[(int)start..slotEnd];
        long total = SizePrefix + (long)BinaryPrimitives.ReadUInt32LittleEndian(slot);
        if (total > slot.Length)
        {
            throw new GuestProtocolException(
                $"The last message of the guest's {name} buffer claims {total} bytes, its place has {slot.Length}.");
        }

        message = slot[..(int)total];
        return (int)start..end;
    }

    /// <summary>
    /// Removes the last message and clears its place, as upstream does. So neither side has to clear the buffer between calls.
    /// </summary>
    /// <param name="place">The place that <see cref="Top"/> returned.</param>
    public void Remove(Range place)
    {
        _buffer[place].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer, (ulong)place.Start.Value);
    }

    /// <summary>Takes the last message out and copies it, for messages that are needed while the guest runs.</summary>
    /// <param name="copy">Receives the message with its size prefix. An array that is too short is replaced by a longer one.</param>
    /// <returns>The message, at the start of <paramref name="copy"/>.</returns>
    /// <exception cref="GuestProtocolException">
    /// There is no message, or the numbers that the guest wrote around it contradict each other.
    /// </exception>
    public ReadOnlySpan<byte> Pop(ref byte[] copy)
    {
        Range place = Top(out ReadOnlySpan<byte> message);
        if (copy.Length < message.Length)
        {
            copy = new byte[Math.Min(_buffer.Length, Math.Max(message.Length, Math.Max(LeastCopy, copy.Length * 2L)))];
        }

        message.CopyTo(copy);
        Remove(place);
        return copy.AsSpan(0, message.Length);
    }

    private int End(int least)
    {
        ulong end = BinaryPrimitives.ReadUInt64LittleEndian(_buffer);
        if (end >= (ulong)least && end <= (ulong)_buffer.Length)
        {
            return (int)end;
        }

        throw new GuestProtocolException(end == Head
            ? $"The guest's {name} buffer is empty where a message is due."
            : $"The guest's {name} buffer claims to end at 0x{end:X}, allowed are 0x{least:X} to 0x{_buffer.Length:X}.");
    }
}
