using System.Buffers.Binary;
using System.Text.Unicode;

namespace Hyperlight.Protocol;

/// <summary>
/// A table in a size-prefixed FlatBuffers message that a guest wrote. The message is not trusted: each offset, vtable, vector and string is
/// compared with the bounds of the message before it is followed, and a <see cref="GuestProtocolException"/> is thrown if it does not fit.
/// <code>
///   message │ u32 size │ u32 offset of the root │ … │ vtable │ … │ table │ …
///   vtable  │ u16 size of the vtable │ u16 size of the table │ u16 offset of each field …
///   table   │ i32 distance to the vtable │ fields …
/// </code>
/// </summary>
internal readonly ref struct FlatTable
{
    private const int SizePrefix = 4;
    private const int VectorCount = 4;
    private const int FirstSlot = 4;

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _position;
    private readonly int _vtable;
    private readonly int _vtableSize;
    private readonly int _size;

    private FlatTable(ReadOnlySpan<byte> message, long position)
    {
        if (position < 0 || position > message.Length - sizeof(int))
        {
            throw Malformed($"a table starts at {position}, outside of its {message.Length} bytes");
        }

        long vtable = position - BinaryPrimitives.ReadInt32LittleEndian(message[(int)position..]);
        if (vtable < 0 || vtable > message.Length - FirstSlot)
        {
            throw Malformed($"a vtable starts at {vtable}, outside of its {message.Length} bytes");
        }

        _message = message;
        _position = (int)position;
        _vtable = (int)vtable;
        _vtableSize = BinaryPrimitives.ReadUInt16LittleEndian(message[_vtable..]);
        _size = BinaryPrimitives.ReadUInt16LittleEndian(message[(_vtable + sizeof(ushort))..]);
        if (_vtableSize < FirstSlot || _vtableSize % sizeof(ushort) != 0 || _vtableSize > message.Length - _vtable
            || _size < sizeof(int) || _size > message.Length - _position)
        {
            throw Malformed("a table or its vtable reaches past the end");
        }
    }

    /// <summary>Gets the root table of a message.</summary>
    /// <param name="message">The message with its size prefix. Bytes behind the size that the prefix states are ignored.</param>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static FlatTable Root(ReadOnlySpan<byte> message)
    {
        if (message.Length < SizePrefix + sizeof(uint))
        {
            throw Malformed("it is too short");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(message);
        if (size < sizeof(uint) || size > message.Length - SizePrefix)
        {
            throw Malformed($"its size prefix of {size} does not fit its {message.Length} bytes");
        }

        message = message[..(SizePrefix + (int)size)];
        return new(message, SizePrefix + (long)BinaryPrimitives.ReadUInt32LittleEndian(message[SizePrefix..]));
    }

    /// <summary>Creates the exception for a malformed message.</summary>
    public static GuestProtocolException Malformed(string reason) => new($"The guest sent a malformed message: {reason}.");

    /// <summary>Reads the number in a slot; 0 if the guest left the slot out.</summary>
    public byte ReadByte(int slot) => Field(slot, sizeof(byte)) is var field && field.IsEmpty ? (byte)0 : field[0];

    /// <inheritdoc cref="ReadByte"/>
    public uint ReadUInt32(int slot) =>
        Field(slot, sizeof(uint)) is var field && field.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(field);

    /// <inheritdoc cref="ReadByte"/>
    public ulong ReadUInt64(int slot) =>
        Field(slot, sizeof(ulong)) is var field && field.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(field);

    /// <summary>Says whether the guest wrote the slot.</summary>
    public bool Has(int slot) => FieldOffset(slot) != 0;

    /// <summary>Gets the table that a slot refers to.</summary>
    public FlatTable ReadTable(int slot, string name) => new(_message, Follow(slot, name));

    /// <summary>Gets the UTF-8 bytes of the string that a slot refers to, without the zero byte that must follow them.</summary>
    public ReadOnlySpan<byte> ReadString(int slot, string name)
    {
        (int start, int count) = Vector(slot, name, sizeof(byte));
        ReadOnlySpan<byte> text = _message.Slice(start, count);
        if (start + count >= _message.Length || _message[start + count] != 0)
        {
            throw Malformed($"the string {name} does not end with a NUL");
        }

        return Utf8.IsValid(text) ? text : throw Malformed($"the string {name} is not UTF-8");
    }

    /// <summary>Gets the bytes of the vector that a slot refers to.</summary>
    public ReadOnlySpan<byte> ReadBytes(int slot, string name)
    {
        (int start, int count) = Vector(slot, name, sizeof(byte));
        return _message.Slice(start, count);
    }

    /// <summary>Gets the number of tables in the vector of a slot; 0 if the guest left the slot out.</summary>
    public int CountTables(int slot, string name) => Has(slot) ? Vector(slot, name, sizeof(uint)).Count : 0;

    /// <summary>Gets a table of the vector in a slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="name">The name of the vector, for messages.</param>
    /// <param name="index">The index of the table, less than the result of <see cref="CountTables"/>.</param>
    public FlatTable ReadTable(int slot, string name, int index)
    {
        (int start, int count) = Vector(slot, name, sizeof(uint));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        int element = start + (index * sizeof(uint));
        return new(_message, element + (long)BinaryPrimitives.ReadUInt32LittleEndian(_message[element..]));
    }

    private int FieldOffset(int slot)
    {
        int entry = FirstSlot + (slot * sizeof(ushort));
        return entry + sizeof(ushort) > _vtableSize ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(_message[(_vtable + entry)..]);
    }

    private ReadOnlySpan<byte> Field(int slot, int size)
    {
        int offset = FieldOffset(slot);
        if (offset == 0)
        {
            return default;
        }

        return offset >= sizeof(int) && offset + size <= _size
            ? _message.Slice(_position + offset, size)
            : throw Malformed($"field {slot} lies outside of its table");
    }

    private long Follow(int slot, string name)
    {
        ReadOnlySpan<byte> field = Field(slot, sizeof(uint));
        return field.IsEmpty
            ? throw Malformed($"{name} is missing")
            : _position + FieldOffset(slot) + (long)BinaryPrimitives.ReadUInt32LittleEndian(field);
    }

    private (int Start, int Count) Vector(int slot, string name, int elementSize)
    {
        long start = Follow(slot, name);
        if (start > _message.Length - VectorCount)
        {
            throw Malformed($"{name} starts at {start}, outside of its {_message.Length} bytes");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(_message[(int)start..]);
        start += VectorCount;
        return (long)count * elementSize <= _message.Length - start
            ? ((int)start, (int)count)
            : throw Malformed($"{name} has {count} elements and reaches past the end");
    }
}
