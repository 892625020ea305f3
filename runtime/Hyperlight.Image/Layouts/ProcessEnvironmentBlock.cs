using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Layouts;

/// <summary>
/// The page that tells a guest where its buffers, heap and init data are: pairs of 64-bit words, a size and a GVA each, even for 32-bit guests
/// (amd64 sheet, section 2.2; i686 sheet, section 2.2).
/// </summary>
internal static class ProcessEnvironmentBlock
{
    /// <summary>Where the field of the file mappings is, in bytes from the block's start.</summary>
    public const ulong FileMappingsOffset = 0x40;

    /// <summary>The longest label of a file mapping, in bytes of UTF-8 without the zero behind it.</summary>
    public const int MaxLabelLength = LabelSize - 1;

    private const ulong SizeWithFileMappings = 0x50;

    // An entry: guest address, size, label.
    private const int EntrySize = 0x50;
    private const int LabelOffset = 0x10;
    private const int LabelSize = 64;

    /// <summary>The bytes of the block, up to its last field.</summary>
    public static byte[] Write(MemoryMap map)
    {
        List<(ulong Size, ulong Address)> fields =
        [
            (map.Sizes.InputBufferSize, map.InputBuffer.Value),
            (map.Sizes.OutputBufferSize, map.OutputBuffer.Value),
            (map.Sizes.InitDataSize, map.InitData.Gva.Value),
            (map.Sizes.HeapSize, map.Heap.Gva.Value),
        ];
        if (map.Layout.FileMappingSlots > 0)
        {
            // The number of mappings so far, and where their entries are: right behind the block.
            fields.Add((0, (map.Peb.Gva + SizeWithFileMappings).Value));
        }

        byte[] bytes = new byte[fields.Count * 2 * sizeof(ulong)];
        Span<byte> rest = bytes;
        foreach ((ulong size, ulong address) in fields)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, size);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[sizeof(ulong)..], address);
            rest = rest[(2 * sizeof(ulong))..];
        }

        return bytes;
    }

    /// <summary>The field of the file mappings and the entries behind the block, those without a mapping zero.</summary>
    /// <param name="map">Where everything is.</param>
    /// <param name="mappings">The mappings in the order of their entries, as many as the layout has slots for at most, labels not too long.</param>
    public static byte[] WriteFileMappings(MemoryMap map, IReadOnlyCollection<FileMapping> mappings)
    {
        byte[] bytes = new byte[SizeWithFileMappings - FileMappingsOffset + (ulong)(map.Layout.FileMappingSlots * EntrySize)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)mappings.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(sizeof(ulong)), (map.Peb.Gva + SizeWithFileMappings).Value);
        Span<byte> rest = bytes.AsSpan(2 * sizeof(ulong));
        foreach (FileMapping mapping in mappings)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, mapping.Address.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[sizeof(ulong)..], mapping.Size);
            Encoding.UTF8.GetBytes(mapping.Label, rest.Slice(LabelOffset, MaxLabelLength));
            rest = rest[EntrySize..];
        }

        return bytes;
    }
}
