using System.Buffers.Binary;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Building.Tests.Baking;

/// <summary>
/// Reads a baked blob as the processor does: through its page tables. The class shares no code with the builder of the tables.
/// </summary>
internal sealed class BakedMemory
{
    private readonly MemoryMap _map;

    public BakedMemory(BakedImage image)
    {
        _map = MemoryMap.TryCreate(
            GuestLayouts.Find(image.Config.Layout)!.PlacedAt(image.Config.Regions[0].Gpa), image.Config.Sizes, image.Config.CodeSize,
            image.Config.Regions[0].StoredSize, new List<Finding>())!;
        Bytes = new byte[image.Config.MemorySize];
        foreach (BlobPiece piece in image.Pieces)
        {
            piece.Bytes.CopyTo(Bytes.AsMemory((int)piece.Offset));
        }
    }

    public byte[] Bytes { get; }

    /// <summary>Gets the page-table entry of an address; 0 if the address is not mapped.</summary>
    public ulong Entry(ulong gva)
    {
        ulong table = _map.PageTables.Gpa.Value;
        foreach (int shift in IsTwoLevel ? new[] { 22 } : [39, 30, 21])
        {
            ulong entry = Table(table, gva, shift);
            if ((entry & 1) == 0)
            {
                return 0;
            }

            table = entry & 0x000F_FFFF_FFFF_F000;
        }

        return Table(table, gva, 12);
    }

    /// <summary>Gets bytes at an address of the snapshot region.</summary>
    public byte[] Read(ulong gva, int count)
    {
        ulong gpa = _map.Layout.Paging == GuestPaging.None ? gva : (Entry(gva) & 0x000F_FFFF_FFFF_F000) + (gva & 0xFFF);
        return Bytes.AsSpan((int)(gpa - _map.Layout.SnapshotBase.Value), count).ToArray();
    }

    public ulong ReadUInt64(ulong gva) => BinaryPrimitives.ReadUInt64LittleEndian(Read(gva, 8));

    private bool IsTwoLevel => _map.Layout.Paging == GuestPaging.TwoLevel;

    private ulong Table(ulong table, ulong gva, int shift)
    {
        ReadOnlySpan<byte> bytes = Bytes.AsSpan((int)(_map.PageTables.BlobOffset + (table - _map.PageTables.Gpa.Value)), 4096);
        int index = (int)(gva >> shift);
        return IsTwoLevel
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[((index & 1023) * 4)..])
            : BinaryPrimitives.ReadUInt64LittleEndian(bytes[((index & 511) * 8)..]);
    }
}
