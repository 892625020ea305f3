using System.Text.Json.Nodes;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Saving into directories that hold something already, and saving that does not come to its end.</summary>
public sealed class SnapshotWriterTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    private string Saved => Path.Combine(_root.Path, "guest");

    private string Blobs => OciLayout.BlobDirectory(Saved);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_new_directory_has_upstreams_marker_and_three_blobs()
    {
        TestSnapshots.Save(Saved);

        Assert.Equal("{\"imageLayoutVersion\":\"1.0.0\"}", File.ReadAllText(Path.Combine(Saved, "oci-layout")));
        Assert.Equal(3, Directory.GetFiles(Blobs).Length);
    }

    [Fact]
    public void What_is_saved_is_for_its_owner_alone_from_the_first_byte_and_what_was_there_keeps_its_mode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are for Unix");
        const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite, Folder700 = File600 | UnixFileMode.UserExecute;
        List<UnixFileMode> meanwhile = [];
        new SnapshotWriter(Saved).Write(TestSnapshots.Tag, TestSnapshots.Config, new() { GuestName = "test", HeapSize = 1 << 20 }, sink =>
        {
            sink(0x10, [0xAA]);
            meanwhile.AddRange(Directory.Exists(Blobs) ? Directory.GetFiles(Blobs, "*.tmp").Select(Mode) : []);
        });

        Assert.NotEmpty(meanwhile);
        Assert.All(meanwhile, mode => Assert.Equal(File600, mode));
        Assert.All(Directory.GetFiles(Saved, "*", SearchOption.AllDirectories), path => Assert.Equal(File600, Mode(path)));
        Assert.All([Saved, Path.GetDirectoryName(Blobs)!, Blobs], path => Assert.Equal(Folder700, Mode(path)));

        string image = Path.Combine(_root.Path, "image");
        ImageWriter.Write(image, TestImages.Create(GuestLayouts.Amd64V16));
        Dictionary<string, UnixFileMode> before = Directory.GetFiles(image, "*", SearchOption.AllDirectories).ToDictionary(
            path => path, Mode);
        TestSnapshots.Save(image, "mine");
        Assert.All(before, file => Assert.Equal(file.Value, Mode(file.Key)));
        Assert.All(
            Directory.GetFiles(image, "*", SearchOption.AllDirectories).Except(before.Keys), path => Assert.Equal(File600, Mode(path)));
    }

    private static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    [Fact]
    public void Other_tags_stay_and_the_same_tag_moves_with_its_blobs()
    {
        TestSnapshots.Save(Saved, "one", 1);
        TestSnapshots.Save(Saved, "two", 2);
        string before = TestSnapshots.Save(Saved, "one", 3);
        Assert.Equal(before, TestSnapshots.Save(Saved, "one", 3));

        Assert.Equal((3, 2), (TestSnapshots.Load(Saved, "one").First, TestSnapshots.Load(Saved, "two").First));
        Assert.Equal(5, Directory.GetFiles(Blobs).Length); // One of the files is the config.
    }

    [Fact]
    public void An_image_in_the_directory_stays_and_its_reader_does_not_mind()
    {
        ImageWriter.Write(Saved, TestImages.Create(GuestLayouts.Amd64V16));
        string digest = OpenImage();

        TestSnapshots.Save(Saved, "snapshot");

        Assert.Equal(digest, OpenImage());
        TestSnapshots.Load(Saved, "snapshot");
    }

    [Fact]
    public void A_bake_that_changes_nothing_keeps_the_snapshot_and_another_one_drops_it()
    {
        ImageWriter.Write(Saved, TestImages.Create(GuestLayouts.Amd64V16, content: 1));
        TestSnapshots.Save(Saved, "snapshot");

        ImageWriter.Write(Saved, TestImages.Create(GuestLayouts.Amd64V16, content: 1));
        TestSnapshots.Load(Saved, "snapshot");

        ImageWriter.Write(Saved, TestImages.Create(GuestLayouts.Amd64V16, content: 2));
        Assert.Throws<HyperlightException>(() => TestSnapshots.Load(Saved, "snapshot"));
        OpenImage();
        Assert.Equal(3, Directory.GetFiles(Blobs).Length);
    }

    [Fact]
    public void What_others_have_written_into_the_index_stays_there_and_so_do_blobs_that_they_may_need()
    {
        TestSnapshots.Save(Saved, "one");
        TestSnapshots.ForgeIndex(Saved, index =>
        {
            index["annotations"] = new JsonObject { ["org.example"] = "x" };
            index["manifests"]!.AsArray().Add(new JsonObject
            {
                ["mediaType"] = OciLayout.IndexMediaType,
                ["digest"] = "sha256:" + new string('e', 64),
                ["size"] = 5,
                ["platform"] = new JsonObject { ["os"] = "none" },
            });
        });
        string foreign = Path.Combine(Blobs, new string('f', 64));
        File.WriteAllText(foreign, "a blob that the other index may name");

        TestSnapshots.Save(Saved, "two");

        JsonNode index = JsonNode.Parse(File.ReadAllText(Path.Combine(Saved, OciLayout.IndexFile)))!;
        Assert.Equal("x", (string)index["annotations"]!["org.example"]!);
        Assert.Equal("none", (string)index["manifests"]![1]!["platform"]!["os"]!);
        Assert.True(File.Exists(foreign));
    }

    [Theory]
    [InlineData("oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}", "HL3004")]
    [InlineData("oci-layout", "{}", "HL3002")]
    [InlineData("oci-layout", "hello", "HL3002")]
    [InlineData("index.json", "{}", "HL3002")]
    [InlineData("index.json", "{\"schemaVersion\":1,\"manifests\":[]}", "HL3002")]
    public void A_directory_that_holds_something_else_is_refused_before_anything_is_written(string file, string content, string code)
    {
        Directory.CreateDirectory(Saved);
        File.WriteAllText(Path.Combine(Saved, file), content);

        Assert.Equal(code, Assert.Throws<HyperlightException>(() => TestSnapshots.Save(Saved)).Finding!.Rule.Code);

        Assert.Equal(content, File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(Saved))));
    }

    [Fact]
    public void A_file_in_place_of_the_directory_is_HL3006()
    {
        File.WriteAllText(Saved, "a file");

        Assert.Equal("HL3006", Assert.Throws<HyperlightException>(() => TestSnapshots.Save(Saved)).Finding!.Rule.Code);
    }

    [Fact]
    public void A_writer_that_fails_at_any_file_leaves_the_old_snapshot_and_the_next_one_cleans_up()
    {
        // The files in the order in which a complete run writes them.
        string example = Path.Combine(_root.Path, "example");
        TestSnapshots.Save(example, content: 1);
        string[] before = Directory.GetFiles(OciLayout.BlobDirectory(example));
        TestSnapshots.Save(example, content: 2, config: TestSnapshots.Config with { SnapshotGeneration = 7 });
        string[] files =
        [
            .. Directory.GetFiles(OciLayout.BlobDirectory(example)).Except(before).Select(path => Path.GetRelativePath(example, path)),
            OciLayout.IndexFile,
        ];
        Assert.Equal(4, files.Length);
        foreach (string file in files)
        {
            string directory = Path.Combine(_root.Path, Path.GetRandomFileName());
            TestSnapshots.Save(directory, content: 1);

            // A folder has the temporary name, so the file cannot be written.
            string obstacle = Path.Combine(directory, file + ".tmp");
            Directory.CreateDirectory(obstacle);
            HyperlightException failure = Assert.Throws<HyperlightException>(
                () => TestSnapshots.Save(directory, content: 2, config: TestSnapshots.Config with { SnapshotGeneration = 7 }));

            Assert.Equal("HL3006", failure.Finding!.Rule.Code);
            (SavedSnapshot old, byte first) = TestSnapshots.Load(directory);
            Assert.Equal((1UL, 1), (old.Generation, first));
            Directory.Delete(obstacle);
            TestSnapshots.Save(directory, content: 2);
            Assert.Equal(2, TestSnapshots.Load(directory).First);
            Assert.Equal(3, Directory.GetFiles(OciLayout.BlobDirectory(directory)).Length);
        }
    }

    [Fact]
    public void What_a_killed_writer_left_does_no_harm_and_goes_with_the_next_save()
    {
        TestSnapshots.Save(Saved, content: 1);
        string orphan = Path.Combine(Blobs, new string('a', 64));
        string half = Path.Combine(Blobs, new string('b', 64) + ".tmp");
        File.WriteAllText(orphan, "a blob whose index was never written");
        File.WriteAllText(half, "half a blob");
        File.WriteAllText(Path.Combine(Saved, "index.json.tmp"), "{");
        Assert.Equal(1, TestSnapshots.Load(Saved).First);

        TestSnapshots.Save(Saved, content: 2);

        Assert.Equal(2, TestSnapshots.Load(Saved).First);
        Assert.Equal(3, Directory.GetFiles(Blobs).Length);
        Assert.False(File.Exists(Path.Combine(Saved, "index.json.tmp")));
    }

    [Fact]
    public void A_link_under_a_temporary_name_is_not_written_through()
    {
        TestSnapshots.Save(Saved, content: 1);
        string victim = Path.Combine(_root.Path, "victim");
        File.WriteAllText(victim, "mine");
        File.CreateSymbolicLink(Path.Combine(Saved, "index.json.tmp"), victim);

        TestSnapshots.Save(Saved, content: 2);

        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Equal(2, TestSnapshots.Load(Saved).First);
    }

    private string OpenImage()
    {
        using GuestImage image = GuestImage.Open(Saved);
        return image.Digest;
    }
}
