namespace Hyperlight.SourceLines;

/// <summary>Reads fields of a unit by their forms (DWARF 4 and 5, section 7.5).</summary>
/// <param name="Sections">The sections, in which texts can be.</param>
/// <param name="Version">The version of the unit.</param>
/// <param name="Is64">Whether offsets have 64 bits.</param>
/// <param name="AddressSize">The number of bytes of an address.</param>
internal readonly record struct DwarfFields(DebugSections Sections, int Version, bool Is64, byte AddressSize)
{
    /// <summary>The greatest number of bytes of a path in another section.</summary>
    public const int LongestPath = 1024;

    // The forms (DW_FORM).
    private const ulong Address = 0x01, Block2 = 0x03, Block4 = 0x04, Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, Text = 0x08, Block = 0x09,
        Block1 = 0x0A, Data1 = 0x0B, Flag = 0x0C, Signed = 0x0D, TextAt = 0x0E, Number = 0x0F, ReferenceAt = 0x10, Reference1 = 0x11,
        Reference2 = 0x12, Reference4 = 0x13, Reference8 = 0x14, ReferenceNumber = 0x15, Indirect = 0x16, SectionAt = 0x17,
        Expression = 0x18, Present = 0x19, Data16 = 0x1E, LineTextAt = 0x1F, Signature = 0x20;

    private const int VersionWithAddresses = 2;

    /// <summary>Reads a field.</summary>
    /// <returns>The text or the unsigned number of the field; no text and 0 if the field is anything else.</returns>
    /// <exception cref="InvalidDataException">The field is not all there, or the form is not known.</exception>
    public (ReadOnlyMemory<byte> Text, ulong Number) Read(ref DwarfCursor cursor, ulong form)
    {
        // The form stands before the value. A form has at least one byte, so the loop ends with the unit.
        while (form == Indirect)
        {
            form = cursor.ReadNumber();
        }

        switch (form)
        {
            case Text:
                return (cursor.ReadText(), 0);
            case TextAt:
                return (TextIn(Sections.Texts, cursor.ReadOffset(Is64)), 0);
            case LineTextAt:
                return (TextIn(Sections.LineTexts, cursor.ReadOffset(Is64)), 0);
            case Number or Signed or ReferenceNumber:
                return (default, cursor.ReadNumber());
            case Data1 or Flag or Reference1:
                return (default, cursor.ReadByte());
            case Data2 or Reference2:
                return (default, cursor.ReadUInt16());
            case Data4 or Reference4:
                return (default, cursor.ReadUInt32());
            case Data8 or Reference8 or Signature:
                return (default, cursor.ReadUInt64());
            case SectionAt:
                return (default, cursor.ReadOffset(Is64));
            case ReferenceAt when Version > VersionWithAddresses:
                return (default, cursor.ReadOffset(Is64));
            default:
                cursor.Take(SizeOf(ref cursor, form));
                return default;
        }
    }

    private ulong SizeOf(ref DwarfCursor cursor, ulong form) => form switch
    {
        Present => 0,
        Address or ReferenceAt => AddressSize,
        Data16 => 16,
        Block or Expression => cursor.ReadNumber(),
        Block1 => cursor.ReadByte(),
        Block2 => cursor.ReadUInt16(),
        Block4 => cursor.ReadUInt32(),
        _ => throw new InvalidDataException($"the debug information has a field of the form 0x{form:X}"),
    };

    private static ReadOnlyMemory<byte> TextIn(ReadOnlyMemory<byte> section, ulong offset)
    {
        ReadOnlyMemory<byte> rest = offset < (ulong)section.Length ? section[(int)offset..] : default;
        int length = rest.Span[..Math.Min(rest.Length, LongestPath)].IndexOf((byte)0);
        return length < 0 ? default : rest[..length];
    }
}
