using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Layouts;

/// <summary>
/// The page with the sizes and addresses of the guest's buffers, heap and init data: pairs of 64-bit words, a size and a virtual address
/// each, also for 32-bit guests
/// (amd64 sheet, section 2.2; i686 sheet, section 2.2).
/// </summary>
internal static class ProcessEnvironmentBlock
{
    /// <summary>The offset of the field for file mappings, in bytes from the start of the block.</summary>
    public const ulong FileMappingsOffset = 0x40;

    /// <summary>The greatest length of the label of a file mapping, in bytes of UTF-8 without the final zero.</summary>
    public const int MaxLabelLength = LabelSize - 1;

    private const ulong SizeWithFileMappings = 0x50;

    // The size of an entry in bytes, and the places of its fields: guest address, size and label.
    private const int EntrySize = 0x50;
    private const int LabelOffset = 0x10;
    private const int LabelSize = 64;

    /// <summary>Creates the bytes of the block, up to its last field.</summary>
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
            // The number of mappings, 0 for now, and the address of their entries, which follow the block directly.
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

    /// <summary>
    /// Creates the bytes of the field for file mappings and of the entries that follow the block. Entries without a mapping are zero.
    /// </summary>
    /// <param name="map">The map of the guest's memory.</param>
    /// <param name="mappings">
    /// The mappings in the order of their entries. Their number is at most the layout's number of slots, and labels have at most <see
    /// cref="MaxLabelLength"/> bytes.
    /// </param>
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
