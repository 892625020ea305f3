using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Protocol;

/// <summary>
/// Writes a size-prefixed FlatBuffers message front to back into a span. Where the span is too short nothing more is written but
/// the length is still counted, so that the caller can say how much room the message needs. Allocates nothing.
/// </summary>
internal ref struct FlatWriter
{
    private const int SizePrefix = 4;

    private readonly Span<byte> _buffer;
    private long _length;

    /// <summary>Starts a message whose root is the table written next.</summary>
    public FlatWriter(Span<byte> buffer)
    {
        _buffer = buffer;
        _length = SizePrefix + sizeof(uint);
    }

    /// <summary>Bytes of the message so far, whether they fit the buffer or not.</summary>
    public readonly long Length => _length;

    /// <summary>
    /// Writes a vtable and room for its table. The first table is the root.
    /// </summary>
    /// <param name="vtable">
    /// Size of the vtable, size of the table, then the offset of each field in the table, 0 for none. These are 16-bit numbers in the message;
    /// all of ours fit a byte, and only constants of bytes are spans without an allocation in code that is not optimized.
    /// </param>
    /// <param name="alignment">What the table's position is a multiple of: its widest field.</param>
    /// <returns>The position of the table.</returns>
    public long Table(ReadOnlySpan<byte> vtable, int alignment = sizeof(uint))
    {
        bool root = _length == SizePrefix + sizeof(uint);
        long vtablePosition = Reserve(vtable.Length * sizeof(ushort), sizeof(ushort));
        for (int i = 0; i < vtable.Length; i++)
        {
            if (Room(vtablePosition + (i * sizeof(ushort)), sizeof(ushort)) is { IsEmpty: false } entry)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(entry, vtable[i]);
            }
        }

        long table = Reserve(vtable[1], alignment);
        UInt32(table, (uint)(table - vtablePosition));
        if (root)
        {
            UInt32(SizePrefix, (uint)(table - SizePrefix));
        }

        return table;
    }

    /// <summary>Writes a field.</summary>
    public readonly void Byte(long position, byte value)
    {
        if (Room(position, sizeof(byte)) is { IsEmpty: false } field)
        {
            field[0] = value;
        }
    }

    /// <summary>Writes a field.</summary>
    public readonly void UInt32(long position, uint value)
    {
        if (Room(position, sizeof(uint)) is { IsEmpty: false } field)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        }
    }

    /// <summary>Writes a field.</summary>
    public readonly void UInt64(long position, ulong value)
    {
        if (Room(position, sizeof(ulong)) is { IsEmpty: false } field)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(field, value);
        }
    }

    /// <summary>Makes the offset at <paramref name="field"/> refer to <paramref name="target"/>, which lies behind it.</summary>
    public readonly void Link(long field, long target) => UInt32(field, (uint)(target - field));

    /// <summary>Writes a vector of <paramref name="count"/> offsets, to be linked, and refers to it at <paramref name="field"/>.</summary>
    /// <returns>The position of the first offset.</returns>
    public long Offsets(long field, int count) => Vector(field, count, (long)count * sizeof(uint));

    /// <summary>Writes a byte vector and refers to it at <paramref name="field"/>.</summary>
    public void Bytes(long field, ReadOnlySpan<byte> bytes)
    {
        long position = Vector(field, bytes.Length, bytes.Length);
        if (Room(position, bytes.Length) is { IsEmpty: false } target)
        {
            bytes.CopyTo(target);
        }
    }

    /// <summary>Writes a string in UTF-8 with its NUL and refers to it at <paramref name="field"/>.</summary>
    public void String(long field, string text)
    {
        int count = Encoding.UTF8.GetByteCount(text);
        long position = Vector(field, count, (long)count + 1);
        if (Room(position, count + 1) is { IsEmpty: false } target)
        {
            Encoding.UTF8.GetBytes(text, target);
            target[count] = 0;
        }
    }

    /// <summary>Ends the message, padded so that a message behind it starts aligned, and writes its size prefix.</summary>
    /// <returns>Its length in bytes; greater than the buffer when it did not fit.</returns>
    public long Finish()
    {
        Reserve(0, sizeof(ulong));
        UInt32(0, (uint)(_length - SizePrefix));
        return _length;
    }

    private long Vector(long field, int count, long size)
    {
        long position = Reserve(sizeof(uint) + size, sizeof(uint));
        Link(field, position);
        UInt32(position, (uint)count);
        return position + sizeof(uint);
    }

    // What is reserved starts as zero, the bytes skipped for alignment too: the buffer may hold an older message.
    private long Reserve(long size, int alignment)
    {
        long end = _length;
        long position = (end + alignment - 1) & -alignment;
        _length = position + size;
        if (_length <= _buffer.Length)
        {
            _buffer[(int)end..(int)_length].Clear();
        }

        return position;
    }

    private readonly Span<byte> Room(long position, int size) =>
        position + size <= _buffer.Length ? _buffer.Slice((int)position, size) : default;
}
