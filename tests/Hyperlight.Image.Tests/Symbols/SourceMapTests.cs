using System.Buffers.Binary;
using Hyperlight.Symbols;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Symbols;

public sealed class SourceMapTests
{
    private const ulong Base = 0xFFFF_8000_0000_1000;
    private const string Guest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private static readonly MapFunction[] Functions = [new(Base + 0x10, 0x20, "add"), new(Base + 0x40, 8, "entrypoint")];

    private static readonly MapLine[] Lines =
    [
        new(Base + 0x10, "src/hello.c", 34), new(Base + 0x14, "src/hello.c", 35), new(Base + 0x18, "include/inline.h", 200),
        new(Base + 0x30, null, 0), new(Base + 0x40, "src/start.S", 7), new(Base + 0x60, null, 0),
    ];

    [Theory]
    [InlineData(0x10, "add (src/hello.c:34)")]
    [InlineData(0x13, "add (src/hello.c:34)")]
    [InlineData(0x14, "add (src/hello.c:35)")]
    [InlineData(0x2F, "add (include/inline.h:200)")]
    [InlineData(0x40, "entrypoint (src/start.S:7)")]
    [InlineData(0x50, "src/start.S:7")]
    public void An_address_has_the_function_and_the_line_before_it(ulong offset, string place) =>
        Assert.Equal(place, Find(Read(Written()), offset)?.ToString());

    [Theory]
    [InlineData(0x0F)]
    [InlineData(0x30)]
    [InlineData(0x60)]
    [InlineData(uint.MaxValue + 0x11L)]
    public void An_address_that_no_function_and_no_line_has_has_no_place(ulong offset) => Assert.Null(Find(Read(Written()), offset));

    [Fact]
    public void A_guest_without_lines_has_its_functions() =>
        Assert.Equal(new GuestLocation("add", null, 0), Find(Read(SourceMapWriter.Write(Guest, Functions, [])), 0x20));

    [Fact]
    public void A_guest_of_which_nothing_is_known_has_no_map() => Assert.Empty(SourceMapWriter.Write(Guest, [], []));

    [Fact]
    public void Equal_lists_give_equal_bytes() => Assert.Equal(Written(), Written());

    [Fact]
    public void The_last_line_of_an_address_counts_and_functions_do_not_overlap()
    {
        MapLine[] lines = [new(Base, "a.c", 1), new(Base, "a.c", 2), new(Base + 8, null, 0)];
        MapFunction[] functions = [new(Base, 8, "outer"), new(Base + 4, 8, "inner")];
        SourceMap map = Read(SourceMapWriter.Write(Guest, functions, lines));

        Assert.Equal("outer (a.c:2)", Find(map, 4)?.ToString());
        Assert.Null(Find(map, 9));
    }

    [Fact]
    public void Long_texts_are_cut_and_texts_are_one_line()
    {
        MapFunction[] functions = [new(Base, 1, "a\u001b[2J\nb"), new(Base + 1, 1, "a" + new string('é', 400))];
        SourceMap map = Read(SourceMapWriter.Write(Guest, functions, []));

        Assert.Equal("a [2J b", Find(map, 0)?.Function);
        // The limit is even, so that it lies within a character of two bytes.
        Assert.Equal("a" + new string('é', (SourceMapFormat.MostTextBytes / 2) - 1), Find(map, 1)?.Function);
    }

    [Fact]
    public void Code_far_behind_the_first_byte_is_left_out()
    {
        MapFunction[] functions = [new(Base, 8, "near"), new(Base + 0x1_0000_0000, 8, "far")];
        SourceMap map = Read(SourceMapWriter.Write(Guest, functions, [new(Base + 0x2_0000_0000, "far.c", 1)]));

        Assert.Equal("near", Find(map, 0)?.ToString());
        Assert.Null(Find(map, 0x1_0000_0000));
    }

    [Fact]
    public void A_map_that_would_be_too_large_has_functions_alone()
    {
        MapLine[] lines = [.. Enumerable.Range(0, SourceMapFormat.MostBytes / 3).Select(Line)];
        byte[] map = SourceMapWriter.Write(Guest, Functions, lines);

        Assert.InRange(map.Length, 1, 1000);
        Assert.Equal("add", Find(Read(map), 0x10)?.ToString());

        static MapLine Line(int index) => new(Base + (ulong)index, "a.c", 1 + (index % 2));
    }

    [Fact]
    public void A_map_of_another_guest_is_left_aside_with_HL3019()
    {
        string other = new('0', Guest.Length);

        Assert.Null(SourceMap.TryRead(Written(), other, "hello.map", out Finding? finding));
        Assert.Equal(
            $"HL3019: the source map 'hello.map' cannot be used: the file is for the guest {Guest}, and the image is of the guest {other}. "
            + "Crashes of the guest are reported without lines: build the project again, or copy the image and its map together.",
            finding?.ToString());
    }

    [Fact]
    public void A_map_of_another_version_is_left_aside_with_HL3019()
    {
        byte[] map = Written();
        BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(SourceMapFormat.VersionOffset), 2);

        Assert.Null(SourceMap.TryRead(map, Guest, "hello.map", out Finding? finding));
        Assert.Contains("the format has version 2, not 1", finding?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_without_a_map_has_no_finding()
    {
        using TemporaryDirectory folder = new();

        Assert.Null(SourceMap.TryOpen(Path.Combine(folder.Path, "hello"), Guest, out Finding? finding));
        Assert.Null(finding);
    }

    [Fact]
    public void A_map_lies_beside_the_folder_of_its_image()
    {
        using TemporaryDirectory folder = new();
        string image = Path.Combine(folder.Path, "hello-0123456789abcdef");
        File.WriteAllBytes(image + ".map", Written());

        SourceMap? map = SourceMap.TryOpen(image + Path.DirectorySeparatorChar, Guest, out Finding? finding);
        Assert.Null(finding);
        Assert.Equal("add (src/hello.c:34)", Find(map!, 0x10)?.ToString());
    }

    [Fact]
    public void A_file_that_is_too_large_is_HL3019_and_is_not_read()
    {
        using TemporaryDirectory folder = new();
        string image = Path.Combine(folder.Path, "hello");
        using (FileStream large = File.Create(image + ".map"))
        {
            large.SetLength(SourceMapFormat.MostBytes + 1L);
        }

        Assert.Null(SourceMap.TryOpen(image, Guest, out Finding? finding));
        Assert.Contains($"the file has {SourceMapFormat.MostBytes + 1} bytes", finding?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_is_cut_anywhere_is_HL3019()
    {
        byte[] map = Written();
        for (int length = 0; length < map.Length; length++)
        {
            Assert.Null(SourceMap.TryRead(map.AsSpan(0, length), Guest, "hello.map", out Finding? finding));
            Assert.Equal(Rules.SourceMapUnusable, finding?.Rule);
        }

        Assert.Null(SourceMap.TryRead([.. map, 0], Guest, "hello.map", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Mutated_maps_are_read_or_left_aside_with_HL3019(int seed)
    {
        const int Rounds = 20_000;
        byte[] original = Written();
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutant = [.. original];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutant[random.Next(mutant.Length)] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            SourceMap? map = SourceMap.TryRead(mutant, Guest, "hello.map", out Finding? finding);
            for (ulong offset = 0; map is not null && offset < 0x80; offset += 8)
            {
                _ = Find(map, offset);
            }

            // The numbers of entries are claims of the file. A finding and its exception take a few kilobytes.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
            Assert.Equal(map is null ? Rules.SourceMapUnusable : null, finding?.Rule);
            refused += map is null ? 1 : 0;
        }

        Assert.InRange(refused, Rounds / 2, Rounds - 1);
    }

    private static byte[] Written() => SourceMapWriter.Write(Guest, Functions, Lines);

    private static SourceMap Read(byte[] bytes)
    {
        SourceMap? map = SourceMap.TryRead(bytes, Guest, "hello.map", out Finding? finding);
        Assert.Null(finding);
        return map!;
    }

    private static GuestLocation? Find(SourceMap map, ulong offset) => map.Find(new(unchecked(Base + offset)));
}
