using System.Reflection;
using System.Reflection.Emit;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Images;

/// <summary>Tests guests that are opened by the record in their assembly.</summary>
public sealed class GuestRecordTests : IDisposable
{
    private static readonly string Digest = OciLayout.DigestPrefix + new string('a', 64);

    // Assemblies in memory have no location, so their images are looked for beside the test program.
    private readonly List<string> _folders = [];

    public void Dispose() => _folders.ForEach(folder => Directory.Delete(folder, recursive: true));

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        GuestRecord record = new(Digest, [("ramfs", 0x8000_0000), ("a.b_c-d", 0xFFFF_FFFF_FFFF_F000)]);

        GuestRecord? read = GuestRecord.Parse(record.ToText());

        Assert.Equal($"{Digest};ramfs@0x80000000;a.b_c-d@0xFFFFFFFFFFFFF000", record.ToText());
        Assert.Equal(
            (record.ContentDigest, record.Files.ToArray()),
            (read!.ContentDigest, read.Files.ToArray()),
            (one, other) => one.Item1 == other.Item1 && one.Item2.SequenceEqual(other.Item2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256:12")]
    [InlineData("DIGEST;")]
    [InlineData("DIGEST;@0x1000")]
    [InlineData("DIGEST;label@1000")]
    [InlineData("DIGEST;label@0x")]
    [InlineData("DIGEST;label@0x10000000000000000")]
    public void Another_text_is_no_record(string text) =>
        Assert.Null(GuestRecord.Parse(text.Replace("DIGEST", Digest, StringComparison.Ordinal)));

    [Fact]
    public void The_image_that_the_assembly_records_is_opened_with_its_files()
    {
        string digest = Bake("mine", 0xAA);

        using GuestImage image = GuestImage.Open(AssemblyWith("mine", $"{digest};ramfs@0x80000000"), "mine");

        Assert.Equal(digest, image.ContentDigest);
        MappedFile file = Assert.Single(image.Files);
        Assert.Equal(
            (Path.Combine(AppContext.BaseDirectory, "guests", "files", "Records", "mine", "ramfs"), 0x8000_0000UL, "ramfs"),
            (file.Path, file.Address.Value, file.Label));
    }

    [Fact]
    public void Another_image_in_its_folder_is_HL3017()
    {
        string expected = Bake("replaced", 0xAA);
        ImageWriter.Write(_folders[^1], TestImages.Create(GuestLayouts.Amd64V16, content: 0xBB));

        HyperlightException failure = Assert.Throws<HyperlightException>(
            () => GuestImage.Open(AssemblyWith("replaced", expected), "replaced"));

        Assert.Equal(Rules.ImageNotExpected, failure.Finding!.Rule);
    }

    [Fact]
    public void An_image_that_is_not_there_is_HL3001()
    {
        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(AssemblyWith("gone", Digest), "gone"));

        Assert.Equal(Rules.ImageNotReadable, failure.Finding!.Rule);
    }

    [Theory]
    [InlineData("other", "it has 'mine'")]
    [InlineData("MINE", "it has 'mine'")]
    public void A_guest_that_the_assembly_does_not_record_is_HL3018(string name, string text)
    {
        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(AssemblyWith("mine", Digest), name));

        Assert.Equal(Rules.GuestNotInAssembly, failure.Finding!.Rule);
        Assert.Contains(text, failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            "no guest at all",
            Assert.Throws<HyperlightException>(() => GuestImage.Open(typeof(object).Assembly, name)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_differ_in_their_snapshot_have_different_folders()
    {
        string other = OciLayout.DigestPrefix + new string('b', 64);
        string[] digests = [ImagePlace.ContentDigest(Digest, null), ImagePlace.ContentDigest(Digest, other),
            ImagePlace.ContentDigest(other, null), ImagePlace.ContentDigest(other, Digest)];

        Assert.Equal(4, digests.Select(digest => ImagePlace.OfImage("hello", digest)).Distinct().Count());
        Assert.Equal("guests/hello-aaaaaaaaaaaaaaaa", ImagePlace.OfImage("hello", digests[0]));
    }

    private string Bake(string name, byte content)
    {
        string temporary = Path.Combine(AppContext.BaseDirectory, "guests", name + "-new");
        string digest = ImageWriter.Write(temporary, TestImages.Create(GuestLayouts.Amd64V16, content: content)).Digest;
        string folder = Path.Combine(AppContext.BaseDirectory, ImagePlace.OfImage(name, digest));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.Move(temporary, folder);
        _folders.Add(folder);
        return digest;
    }

    private static AssemblyBuilder AssemblyWith(string guest, string record) => AssemblyBuilder.DefineDynamicAssembly(
        new("Records"),
        AssemblyBuilderAccess.RunAndCollect,
        [new(typeof(AssemblyMetadataAttribute).GetConstructor([typeof(string), typeof(string)])!, [GuestRecord.KeyPrefix + guest,
            record])]);
}
