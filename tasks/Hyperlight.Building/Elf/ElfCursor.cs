using System.Buffers.Binary;

namespace Hyperlight.Elf;

/// <summary>Reads little-endian fields one after the other. The caller has checked that the bytes contain the whole structure.</summary>
internal ref struct ElfCursor(ReadOnlySpan<byte> bytes, ElfFormat format)
{
    private readonly ElfFormat _format = format;
    private ReadOnlySpan<byte> _rest = bytes;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads a field with the width of an address of the file's class.</summary>
    public ulong ReadWord() => _format.Is64 ? ReadUInt64() : ReadUInt32();

    /// <summary>Reads a signed field with the width of an address of the file's class.</summary>
    public long ReadSignedWord() => _format.Is64 ? (long)ReadUInt64() : (int)ReadUInt32();

    public void Skip(int size) => Take(size);

    private ReadOnlySpan<byte> Take(int size)
    {
        ReadOnlySpan<byte> taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }
}
