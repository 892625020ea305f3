namespace Hyperlight.Elf;

/// <summary>
/// Goes through the notes of a segment or section (gABI, "Note Section"):
/// <code>
///   namesz │ descsz │ type │ name … NUL, padding │ descriptor …, padding │ next note
///   4 bytes each           │ descriptor and next note start at a multiple of 4 or 8 bytes from the start
/// </code>
/// The cursor stops at the end, and at a note that does not fit.
/// </summary>
internal ref struct ElfNoteCursor(ReadOnlySpan<byte> bytes, ulong alignment)
{
    private const int HeaderSize = 12;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ulong _alignment = alignment == 8 ? 8UL : 4UL;
    private ulong _position;

    /// <summary>Gets the name of the note's owner, without the final NUL.</summary>
    public ReadOnlySpan<byte> Owner { get; private set; }

    /// <summary>Gets the type of the note. The owner defines the numbers.</summary>
    public uint Type { get; private set; }

    /// <summary>Gets the content of the note.</summary>
    public ReadOnlySpan<byte> Descriptor { get; private set; }

    /// <summary>Goes to the next note. Returns <c>false</c> if there are no more notes that can be read.</summary>
    public bool MoveNext()
    {
        if (!ElfRange.TrySlice(_bytes, _position, HeaderSize, out ReadOnlySpan<byte> header))
        {
            return false;
        }

        // Notes have the same header in both classes.
        ElfCursor cursor = new(header, new(ElfClass.Elf32));
        uint ownerSize = cursor.ReadUInt32();
        uint descriptorSize = cursor.ReadUInt32();
        Type = cursor.ReadUInt32();

        // No sum overflows, because the position is at most the length of the bytes and the sizes have 32 bits.
        ulong ownerStart = _position + HeaderSize;
        ulong descriptorStart = RoundUp(ownerStart + ownerSize);
        if (!ElfRange.TrySlice(_bytes, ownerStart, ownerSize, out ReadOnlySpan<byte> owner)
            || !ElfRange.TrySlice(_bytes, descriptorStart, descriptorSize, out ReadOnlySpan<byte> descriptor))
        {
            return false;
        }

        Owner = owner.TrimEnd((byte)0);
        Descriptor = descriptor;
        _position = RoundUp(descriptorStart + descriptorSize);
        return true;
    }

    private readonly ulong RoundUp(ulong position) => (position + _alignment - 1) & ~(_alignment - 1);
}
