using System.Security.Cryptography;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Images;

public sealed class ImageWriterTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    private string Directory => Path.Combine(_root.Path, "image");

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("amd64-0.16")]
    [InlineData("i686-0.13")]
    public void What_is_written_can_be_opened(string layout)
    {
        BakedImage baked = TestImages.Create(GuestLayouts.Find(layout)!);
        ImageWriter.Write(Directory, baked);

        using GuestImage image = GuestImage.Open(Directory);

        Assert.Equal("test", image.Name);
        Assert.Equal(layout, image.Layout.Id);
        Assert.Equal(baked.Config with { Regions = image.Config.Regions, Stored = image.Config.Stored }, image.Config);
        Assert.Equal(baked.Config.Regions.AsEnumerable(), image.Config.Regions);
        Assert.Equal(baked.Config.Stored.AsEnumerable(), image.Config.Stored);
        byte[] memory = new byte[image.Map.BlobSize];
        image.File.Read(memory, 0);
        Assert.Equal([0xAA, 0xAA], memory[0x10..0x12]);
        Assert.Equal(baked.Pieces.Sum(piece => piece.Bytes.Span.ToArray().Count(b => b != 0)), memory.Count(b => b != 0));
    }

    [Fact]
    public void The_same_image_has_the_same_bytes_in_every_directory()
    {
        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16));
        string other = Path.Combine(_root.Path, "else", "where");
        ImageWriter.Write(other, TestImages.Create(GuestLayouts.Amd64V16));

        Assert.Equal(Hashes(Directory), Hashes(other));
    }

    [Fact]
    public void Every_blob_is_named_by_its_digest()
    {
        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.I686V13));

        string[] blobs = System.IO.Directory.GetFiles(OciLayout.BlobDirectory(Directory));
        Assert.Equal(3, blobs.Length);
        Assert.All(blobs, blob => Assert.Equal(Path.GetFileName(blob), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(blob)))));
    }

    [Fact]
    public void Writing_the_same_image_again_leaves_every_file_alone()
    {
        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16));
        DateTime longAgo = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        string[] files = System.IO.Directory.GetFiles(Directory, "*", SearchOption.AllDirectories);
        Array.ForEach(files, file => File.SetLastWriteTimeUtc(file, longAgo));

        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16));

        Assert.All(files, file => Assert.Equal(longAgo, File.GetLastWriteTimeUtc(file)));
    }

    [Fact]
    public void A_new_image_replaces_the_old_one_and_leaves_none_of_its_blobs()
    {
        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16, content: 1));
        string[] before = System.IO.Directory.GetFiles(OciLayout.BlobDirectory(Directory));

        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16, content: 2));

        string[] after = System.IO.Directory.GetFiles(OciLayout.BlobDirectory(Directory));
        Assert.Equal(3, after.Length);
        Assert.Single(after.Intersect(before)); // The config does not depend on the content.
        using GuestImage image = GuestImage.Open(Directory);
    }

    [Fact]
    public void A_damaged_blob_is_mended_by_the_next_bake()
    {
        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16));
        string memory = System.IO.Directory.GetFiles(OciLayout.BlobDirectory(Directory)).MaxBy(path => new FileInfo(path).Length)!;
        byte[] bytes = File.ReadAllBytes(memory);
        bytes[0x11] ^= 1;
        File.WriteAllBytes(memory, bytes);

        ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16));

        using GuestImage image = GuestImage.Open(Directory);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_HL3006_and_leaves_nothing_behind()
    {
        File.WriteAllText(Directory, "a file where the folder should be");

        HyperlightException failure = Assert.Throws<HyperlightException>(
            () => ImageWriter.Write(Directory, TestImages.Create(GuestLayouts.Amd64V16)));

        Assert.Equal(Rules.ImageNotWritten, failure.Finding!.Rule);
        Assert.Single(System.IO.Directory.GetFileSystemEntries(_root.Path));
    }

    private static string[] Hashes(string directory) =>
        [.. System.IO.Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(directory, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")
            .Order()];
}
