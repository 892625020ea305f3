using Hyperlight.Sdk.Tasks.Settings;
using Hyperlight.Symbols;
using Hyperlight.Testing;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>Tests that findings are reported at lines of sources, and that bakes write source maps.</summary>
[Trait("Wine", "yes")]
public sealed class SourceLinesTests : IDisposable
{
    private const ulong Code = 0x20;
    private readonly TaskBench _bench = new();

    private string MapFile => Path.Combine(_bench.ImageRoot, ".state", "hello.map");

    [Fact]
    public void A_finding_about_code_is_reported_at_its_source_in_each_build()
    {
        _bench.Write("guest.c", []);
        _bench.Write("hello.elf", Guest("guest.c").Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        using ValidateGuests validate = new() { Guests = bake.Guests };

        Assert.True(_bench.Run(bake));
        Assert.Single(bake.BakedGuests);
        using BakeGuests again = new() { Guests = bake.Guests };
        Assert.True(_bench.Run(again));
        Assert.Empty(again.BakedGuests);
        Assert.True(_bench.Run(validate));

        Assert.Equal(3, _bench.Engine.Warnings.Count);
        Assert.All(_bench.Engine.Warnings, warning =>
        {
            Assert.Equal(("HL1027", _bench.PathOf("guest.c"), 7), (warning.Code, warning.File, warning.LineNumber));
            Assert.EndsWith(" The code is in 'poke' (guest.c:7).", warning.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_finding_whose_source_is_on_another_computer_is_reported_at_the_guest()
    {
        _bench.Write("hello.elf", Guest("/other/guest.c").Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };

        Assert.True(_bench.Run(bake));

        BuildWarningEventArgs warning = Assert.Single(_bench.Engine.Warnings);
        Assert.Equal((_bench.PathOf("hello.elf"), 0), (warning.File, warning.LineNumber));
        Assert.EndsWith(" The code is in 'poke' (guest.c:7).", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bake_writes_the_source_map_with_paths_below_the_project_and_brings_it_back()
    {
        _bench.Write("hello.elf", Guest(_bench.PathOf("src/guest.c")).Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        Assert.True(_bench.Run(bake));
        byte[] written = File.ReadAllBytes(MapFile);
        using GuestImage image = GuestImage.Open(Path.Combine(_bench.ImageRoot, "hello"));

        SourceMap? map = SourceMap.TryRead(written, image.Config.GuestSha256, MapFile, out Finding? finding);

        Assert.Null(finding);
        Assert.Equal("poke (src/guest.c:7)", map!.Find(new(image.EntryPoint.Value - TestElf.DefaultEntry + Code))?.ToString());
        Assert.Equal(-1, written.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(_bench.Folder)));

        File.WriteAllBytes(MapFile, [.. written, 0]);
        using BakeGuests again = new() { Guests = bake.Guests };
        Assert.True(_bench.Run(again));
        Assert.Single(again.BakedGuests);
        Assert.Equal(written, File.ReadAllBytes(MapFile));
    }

    [Fact]
    public void A_source_map_is_listed_beside_the_image_and_a_guest_without_symbols_has_none()
    {
        _bench.Write("hello.elf", Guest("guest.c").Build());
        _bench.Write("plain.elf", TestElf.Amd64().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf", "plain.elf") };
        Assert.True(_bench.Run(bake));
        CollectImages collect = new() { Guests = bake.Guests };

        Assert.True(_bench.Run(collect));

        ITaskItem map = Assert.Single(collect.SourceMaps);
        Assert.Equal(MapFile, map.ItemSpec);
        Assert.Matches("^guests/hello-[0-9a-f]{16}\\.map$", map.GetMetadata("Link"));
        Assert.Equal([64, 0], collect.Images.Select(image => image.GetMetadata(ImageMetadata.SourceMapSha256).Length));
    }

    [Fact]
    public void A_stripped_guest_has_the_lines_of_the_file_that_Symbols_names()
    {
        _bench.Write("guest.c", []);
        _bench.Write("hello.elf", TestElf.Amd64().WithCodeAt(Code, 0xE6, 0x70).Build());
        _bench.Write("twin", Guest("guest.c").Build());
        TaskItem item = new("hello.elf", new Dictionary<string, string> { ["Symbols"] = "twin" });
        ResolveGuests resolve = new() { Guests = [item], ImageRoot = _bench.ImageRoot };
        Assert.True(_bench.Run(resolve));
        using BakeGuests bake = new() { Guests = resolve.ResolvedGuests };

        Assert.True(_bench.Run(bake));
        Assert.Equal(("HL1027", 7), (_bench.Engine.Warnings.Single().Code, _bench.Engine.Warnings.Single().LineNumber));
        Assert.True(File.Exists(MapFile));

        // The findings and the map depend on the file with the symbols, so that another one is another bake.
        _bench.Write("twin", TestElf.I686().Build());
        using BakeGuests again = new() { Guests = resolve.ResolvedGuests };
        Assert.True(_bench.Run(again));
        Assert.Single(again.BakedGuests);
        Assert.Equal("HL1028", _bench.Engine.Warnings[^1].Code);
        Assert.False(File.Exists(MapFile));
    }

    public void Dispose() => _bench.Dispose();

    private static TestElf Guest(string file) => TestElf.Amd64().WithCodeAt(Code, 0xE6, 0x70).WithText(0, 0x40)
        .WithSymbol("poke", Code, 2).WithLines(Code + 2, (Code, file, 7));
}
