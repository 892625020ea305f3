using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Tests images with a snapshot, as far as that is possible without a hypervisor.</summary>
public sealed class ImageSnapshotTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public ImageSnapshotTests() => ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.Amd64V16));

    public void Dispose() => _root.Dispose();

    [Fact]
    public void An_image_knows_the_digest_of_its_snapshot()
    {
        Assert.Null(SnapshotDigest());
        string digest = TestSnapshots.Save(_root.Path, "snapshot");
        TestSnapshots.Save(_root.Path, "another", 7);

        Assert.Equal(digest, SnapshotDigest());
    }

    [Fact]
    public void Two_snapshots_or_one_that_no_blob_can_be_are_HL3002()
    {
        TestSnapshots.Save(_root.Path, "snapshot");
        TestSnapshots.ForgeIndex(_root.Path, index => index["manifests"]![1]!["digest"] = "../../elsewhere");
        Assert.Equal(Rules.ImageMalformed, Refused());

        TestSnapshots.ForgeIndex(_root.Path, index => index["manifests"]!.AsArray().Add(index["manifests"]![1]!.DeepClone()));
        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void Removing_the_snapshot_leaves_the_image_as_it_was_baked()
    {
        string[] baked = Files();
        TestSnapshots.Save(_root.Path, "snapshot");
        Assert.NotEqual(baked, Files());

        ImageWriter.RemoveSnapshot(_root.Path);

        Assert.Equal(baked, Files());
    }

    [Fact]
    public void Removing_the_snapshot_leaves_other_tags_alone()
    {
        TestSnapshots.Save(_root.Path, "snapshot", 1);
        TestSnapshots.Save(_root.Path, "mine", 2);

        ImageWriter.RemoveSnapshot(_root.Path);

        Assert.Null(SnapshotDigest());
        Assert.Equal(2, TestSnapshots.Load(_root.Path, "mine").First);
    }

    [Fact]
    public void What_a_killed_writer_left_goes_with_it()
    {
        string[] baked = Files();
        File.WriteAllText(Path.Combine(_root.Path, "index.json.tmp"), "{");
        File.WriteAllText(Path.Combine(_root.Path, "oci-layout.tmp"), "{");
        File.WriteAllText(Path.Combine(OciLayout.BlobDirectory(_root.Path), new string('a', 64) + ".tmp"), "half");
        File.WriteAllText(Path.Combine(OciLayout.BlobDirectory(_root.Path), new string('b', 64)), "whole");

        ImageWriter.RemoveSnapshot(_root.Path);

        Assert.Equal(baked, Files());
    }

    [Fact]
    public void There_is_nothing_to_remove_where_there_is_no_image() =>
        Assert.Equal(
            Rules.ImageNotReadable,
            Assert.Throws<HyperlightException>(() => ImageWriter.RemoveSnapshot(Path.Combine(_root.Path, "nothing"))).Finding!.Rule);

    [Fact]
    public void Writing_tells_the_digest_and_the_files_of_the_image_alone()
    {
        string[] baked = [.. Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_root.Path, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        TestSnapshots.Save(_root.Path, "snapshot");

        WrittenImage written = ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.Amd64V16));

        using GuestImage image = GuestImage.Open(_root.Path);
        Assert.Equal(image.Digest, written.Digest);
        Assert.Equal(baked, written.Files);
        Assert.NotNull(image.SnapshotDigest);
    }

    private string? SnapshotDigest()
    {
        using GuestImage image = GuestImage.Open(_root.Path);
        return image.SnapshotDigest;
    }

    private DiagnosticRule Refused() => Assert.Throws<HyperlightException>(() => GuestImage.Open(_root.Path)).Finding!.Rule;

    private string[] Files() =>
    [
        .. Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"),
    ];
}
