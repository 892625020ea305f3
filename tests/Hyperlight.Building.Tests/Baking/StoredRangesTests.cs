using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Paging;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Baking;

/// <summary>Tests that zeros in a guest's memory take neither space in the image nor time.</summary>
public sealed class StoredRangesTests : IDisposable
{
    private const ulong MiB = 1 << 20;

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("i686-flat", 900)]
    [InlineData("i686-0.13", 900)]
    [InlineData("amd64-0.16", 2048)]
    public void A_large_bss_and_heap_take_no_space_and_no_work(string layout, uint megabytes)
    {
        // The zeros lie between code and more data, so that they are not at the end of a region.
        TestElf elf = (layout == "amd64-0.16" ? TestElf.Amd64() : TestElf.I686At(layout == "i686-flat" ? 0x10_0000U : 0)).WithoutSegments();
        ulong start = layout == "i686-flat" ? 0x10_0000UL : 0;
        elf = elf.WithSegment(start, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, [0xF4], alignment: 0x1000)
            .WithSegment(start + 0x1000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, [1, 2, 3], memorySize: (megabytes / 2) * MiB)
            .WithSegment(start + ((megabytes / 2) * MiB) + 0x2000, ElfSegmentFlags.Read, [9])
            .WithEntry(start);

        long before = GC.GetAllocatedBytesForCurrentThread();
        List<Finding> findings = [];
        BakedImage? baked = GuestBaker.Bake(
            new() { GuestName = "large", Guest = elf.Build(), Sizes = new() { HeapSize = megabytes / 3 * MiB, ScratchSize = 16 * MiB } },
            findings);
        Assert.True(baked is not null, string.Join('\n', findings));
        Assert.Equal(layout, baked.Config.Layout);
        ImageWriter.Write(_root.Path, baked);
        using GuestImage image = GuestImage.Open(_root.Path);
        image.Dispose();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The image has page tables, which take 2 KiB for each MiB, and little else.
        ulong tables = image.Map.PageTables.Size;
        Assert.InRange(
            Directory.GetFiles(OciLayout.BlobDirectory(_root.Path)).Sum(path => new FileInfo(path).Length), 1, (long)tables + 0x1_0000);
        Assert.InRange(allocated, 1, (8 * (long)tables) + (4 << 20));
        if (image.Layout.Paging == GuestPaging.None)
        {
            // The first range is code and data, the second is the last segment with the PEB behind it.
            Assert.Equal(2, image.Config.Stored.Length);
        }
    }

    [Fact]
    public void Near_pieces_are_stored_as_one_and_far_ones_apart()
    {
        Assert.Equal(
            [new StoredRange(0, 0x1_2000), new StoredRange(0x2_2000, 0x1000)],
            StoredRanges.Covering([Piece(0x10, 0x1000), Piece(0x1_1FF0, 0x10), Piece(0x2_2000, 1)]));
        Assert.Equal(0x1_2000UL, StoredRanges.BlobOffset([new(0, 0x1_2000), new(0x2_2000, 0x1000)], 0x2_2000));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredRanges.BlobOffset([new(0, 0x1000)], 0x1000));
    }

    [Fact]
    public void Of_many_runs_of_zeros_only_the_longest_are_left_out()
    {
        // The gap behind piece number i has 16 + i pages.
        List<BlobPiece> pieces = [];
        ulong place = 0;
        for (uint i = 0; i < 200; i++)
        {
            pieces.Add(Piece(place, 1));
            place += 0x1000 * (17UL + i);
        }

        var ranges = StoredRanges.Covering(pieces);

        Assert.Equal(StoredRanges.MaxCount, ranges.Length);
        Assert.All(ranges[1..], range => Assert.Equal(0x1000UL, range.Size));
        Assert.All(pieces, piece => StoredRanges.BlobOffset(ranges, piece.Offset));
    }

    [Fact]
    public void What_is_read_of_memory_is_zero_where_nothing_is_stored()
    {
        ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.I686V13, heapSize: MiB));
        using GuestImage image = GuestImage.Open(_root.Path);
        byte[] memory = new byte[image.Map.BlobSize];
        image.File.Read(memory, 0);
        for (int offset = 1; offset < memory.Length - 5000; offset += 4999)
        {
            byte[] part = new byte[5000];
            Array.Fill(part, (byte)0xEE);
            image.File.Read(part, (ulong)offset);
            Assert.Equal(memory[offset..(offset + 5000)], part);
        }
    }

    private static BlobPiece Piece(ulong offset, int size) => new(offset, new byte[size]);
}
