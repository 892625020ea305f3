using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Testing;

/// <summary>Creates small images without a guest, for tests of the files.</summary>
internal static class TestImages
{
    public static BakedImage Create(GuestLayout layout, byte content = 0xAA, ulong heapSize = 0x20000) =>
        Create(layout, new GuestSizes { HeapSize = heapSize }, content);

    public static BakedImage Create(GuestLayout layout, GuestSizes sizes, byte content = 0xAA)
    {
        byte[] code = [content, content];
        MemoryMap map = MemoryMap.TryCreate(layout, sizes, 0x1800, null, new List<Finding>())!;
        BlobPiece[] pieces = [new(0x10, code), new(map.Peb.BlobOffset, new byte[] { 1, 2, 3 })];
        ImageConfig config = new()
        {
            SchemaVersion = ImageConfig.CurrentSchemaVersion,
            SdkVersion = ImageConfig.CurrentSdkVersion,
            Layout = layout.Id,
            GuestName = "test",
            GuestSha256 = new string('0', 64),
            GuestBuildId = null,
            SegmentPermissions = SegmentPermissions.Segments,
            Sizes = map.Sizes,
            CodeSize = map.CodeSize,
            EntryPoint = layout.SnapshotBase.Value + 0x10,
            Regions = map.Regions,
            MemorySize = map.BlobSize,
            Stored = layout.Paging == GuestPaging.None ? StoredRanges.Covering(pieces) : [new(0, map.BlobSize)],
        };
        return new(config, pieces);
    }
}
