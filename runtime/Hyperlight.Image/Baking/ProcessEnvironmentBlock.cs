using System.Buffers.Binary;
using Hyperlight.Layouts;

namespace Hyperlight.Baking;

/// <summary>
/// The page that tells a guest where its buffers, heap and init data are: pairs of 64-bit words, a size and a GVA each, even for 32-bit guests
/// (amd64 sheet, section 2.2; i686 sheet, section 2.2).
/// </summary>
internal static class ProcessEnvironmentBlock
{
    private const ulong SizeWithFileMappings = 0x50;

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
}
