using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Images;

/// <summary>Tests untrusted images: each false value is reported with a coded error.</summary>
public sealed class ImageReaderTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public ImageReaderTests() => ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.Amd64V16));

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_directory_without_an_image_is_HL3001() =>
        Assert.Equal(Rules.ImageNotReadable, Refused(Path.Combine(_root.Path, "nothing")));

    [Theory]
    [InlineData("oci-layout")]
    [InlineData("index.json")]
    [InlineData("blobs")]
    public void A_missing_file_is_HL3001(string name)
    {
        string path = Path.Combine(_root.Path, name);
        Directory.Move(path, path + ".gone");

        Assert.Equal(Rules.ImageNotReadable, Refused());
    }

    [Fact]
    public void Another_image_than_the_expected_one_is_HL3017()
    {
        using GuestImage image = GuestImage.Open(_root.Path);
        using GuestImage same = GuestImage.Open(_root.Path, options => options.ExpectedDigest = image.ContentDigest);
        string other = OciLayout.Digest(SHA256.HashData("another image"u8));

        HyperlightException failure = Assert.Throws<HyperlightException>(
            () => GuestImage.Open(_root.Path, options => options.ExpectedDigest = other));

        Assert.Equal(Rules.ImageNotExpected, failure.Finding!.Rule);
        Assert.Contains(image.ContentDigest, failure.Message, StringComparison.Ordinal);
        Assert.Contains(other, failure.Message, StringComparison.Ordinal);
        Assert.Equal(image.Digest, image.ContentDigest);
    }

    [Fact]
    public void A_changed_byte_in_any_blob_is_HL3003()
    {
        foreach (string blob in Directory.GetFiles(OciLayout.BlobDirectory(_root.Path)))
        {
            byte[] original = File.ReadAllBytes(blob);
            byte[] changed = [.. original];
            changed[^1] ^= 0x20;
            File.WriteAllBytes(blob, changed);
            Assert.Equal(Rules.ImageDigest, Refused());
            File.WriteAllBytes(blob, original);
        }
    }

    [Fact]
    public void Without_VerifyContent_only_the_memory_blob_goes_unchecked()
    {
        string memory = Blob(MediaTypes.Memory);
        byte[] bytes = File.ReadAllBytes(memory);
        bytes[0] ^= 1;
        File.WriteAllBytes(memory, bytes);

        GuestImage.Open(_root.Path, options => options.VerifyContent = false).Dispose();

        File.WriteAllBytes(memory, bytes[..^0x1000]);
        HyperlightException failure = Assert.Throws<HyperlightException>(
            () => GuestImage.Open(_root.Path, options => options.VerifyContent = false));
        Assert.Equal(Rules.ImageMalformed, failure.Finding!.Rule);
    }

    [Theory]
    [InlineData("memory_size", 0x1000)]
    [InlineData("code_size", 0x2800)]
    [InlineData("code_size", 0)]
    [InlineData("code_size", ulong.MaxValue)]
    [InlineData("entry_point", 0)]
    [InlineData("entry_point", 0x2800)]
    [InlineData("schema_version", 1)]
    [InlineData("schema_version", 3)]
    public void A_config_that_does_not_add_up_is_refused(string field, ulong value)
    {
        ForgeConfig(config => config[field] = value);

        Assert.Contains(Refused(), new[] { Rules.ImageMapDiffers, Rules.ImageMalformed, Rules.ImageUnsupported });
    }

    [Theory]
    [InlineData("gpa", 0xFEE0_0000)]
    [InlineData("gva", 0)]
    [InlineData("size", 0x7FFF_FFFF_F000)]
    [InlineData("blob_offset", 0x1000)]
    [InlineData("stored_size", 0x3000)]
    [InlineData("stored_size", 0x1001)]
    [InlineData("stored_size", ulong.MaxValue)]
    public void A_region_table_that_is_not_its_layouts_is_HL3005(string field, ulong value)
    {
        ForgeConfig(config => config["regions"]![0]![field] = value);

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void Interrupts_are_recorded_where_there_are_any_and_else_change_no_byte()
    {
        using GuestImage plain = GuestImage.Open(_root.Path);
        string without = File.ReadAllText(Blob(MediaTypes.ImageConfig));
        ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.Amd64V16, new GuestSizes { HardwareInterrupts = true }));

        using GuestImage interrupted = GuestImage.Open(_root.Path);

        Assert.Equal((false, true), (plain.HardwareInterrupts, interrupted.HardwareInterrupts));
        Assert.DoesNotContain("interrupts", without, StringComparison.Ordinal);
        Assert.Contains("\"hardware_interrupts\": true", File.ReadAllText(Blob(MediaTypes.ImageConfig)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_over_the_interrupt_controllers_is_HL3005_once_it_asks_for_interrupts()
    {
        ImageWriter.Write(
            _root.Path, TestImages.Create(GuestLayouts.Amd64V16, new GuestSizes { HeapSize = 0xFF00_0000, ScratchSize = 0x0100_0000 }));
        GuestImage.Open(_root.Path).Dispose();
        ForgeConfig(config => config["sizes"]!["hardware_interrupts"] = true);

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void An_amd64_image_cannot_ask_for_a_writable_snapshot_region()
    {
        ForgeConfig(config => config["regions"]![0]!["host"] = "rwx");

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void Permissions_that_the_region_table_does_not_show_are_HL3005()
    {
        ForgeConfig(config => config["sizes"]!["executable_heap"] = true);

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void Init_data_that_nobody_can_read_is_HL3005()
    {
        ForgeConfig(config => config["sizes"]!["init_data_permissions"] = "-w-");

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void Sizes_that_overflow_are_HL3005()
    {
        ForgeConfig(config => config["sizes"]!["heap_size"] = ulong.MaxValue);

        Assert.Equal(Rules.ImageMapDiffers, Refused());
    }

    [Fact]
    public void An_unknown_layout_is_HL3004_and_the_known_ones_are_named()
    {
        ForgeConfig(config => config["layout"] = "amd64-9.9");

        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(_root.Path));
        Assert.Equal(Rules.ImageUnsupported, failure.Finding!.Rule);
        Assert.Contains("amd64-0.16, amd64-0.17, i686-0.13", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_field_in_the_config_is_HL3002()
    {
        ForgeConfig(config => config["surprise"] = 1);

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Theory]
    [InlineData("regions", "null")]
    [InlineData("regions", "[]")]
    [InlineData("regions", "[null]")]
    [InlineData("sizes", "null")]
    [InlineData("layout", "null")]
    [InlineData("guest_name", "null")]
    public void A_config_with_nothing_where_something_is_due_is_refused(string field, string json)
    {
        ForgeConfig(config => config[field] = JsonNode.Parse(json));

        Assert.Contains(Refused(), new[] { Rules.ImageMapDiffers, Rules.ImageMalformed });
    }

    [Fact]
    public void A_digest_that_is_a_path_is_never_followed()
    {
        ForgeIndex(
            index => index["manifests"]![0]!["digest"] = "sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd");

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void Two_manifests_with_the_tag_are_HL3002()
    {
        ForgeIndex(index => index["manifests"]!.AsArray().Add(index["manifests"]![0]!.DeepClone()));

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void A_link_in_place_of_a_blob_is_HL3002()
    {
        string memory = Blob(MediaTypes.Memory);
        File.Move(memory, memory + ".real");
        File.CreateSymbolicLink(memory, memory + ".real");

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Theory]
    [InlineData("blobs")]
    [InlineData("blobs/sha256")]
    public void A_link_in_place_of_a_folder_is_HL3002_though_it_leads_to_the_right_one(string name)
    {
        string path = Path.Combine(_root.Path, name);
        Directory.Move(path, path + ".real");
        Directory.CreateSymbolicLink(path, path + ".real");

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void A_link_to_the_image_itself_is_followed_and_a_folder_in_place_of_a_blob_is_HL3002()
    {
        string link = _root.Path + ".link";
        Directory.CreateSymbolicLink(link, _root.Path);
        GuestImage.Open(link).Dispose();
        Directory.Delete(link);
        string memory = Blob(MediaTypes.Memory);
        File.Delete(memory);
        Directory.CreateDirectory(memory);

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Theory]
    [InlineData("layout")]
    [InlineData("sdk_version")]
    [InlineData("guest_sha256")]
    [InlineData("guest_build_id")]
    [InlineData("guest_name")]
    public void A_text_without_end_does_not_become_a_message_without_end(string field)
    {
        ForgeConfig(config => config[field] = "start" + new string('x', 900_000) + "end");

        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(_root.Path));

        Assert.Equal(3002 + (field == "layout" ? 2 : 0), int.Parse(failure.Finding!.Rule.Code[2..], null));
        Assert.InRange(failure.Message.Length, 1, 2000);
        Assert.Contains("startxxx", failure.Message, StringComparison.Ordinal);
        Assert.Contains("xxxend", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_whose_layer_is_null_is_HL3002()
    {
        ForgeManifest(manifest => manifest["layers"]![0] = null);

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void A_pipe_in_place_of_any_file_is_HL3002_and_nobody_waits_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe mkfifo: only Linux has named pipes in the file system");
        foreach (string path in Directory.GetFiles(_root.Path, "*", SearchOption.AllDirectories))
        {
            byte[] original = File.ReadAllBytes(path);
            File.Delete(path);
            NamedPipe.Create(path);
            Assert.Equal(Rules.ImageMalformed, Refused());
            File.Delete(path);
            File.WriteAllBytes(path, original);
        }
    }

    [Fact]
    public void What_the_image_says_cannot_write_to_a_terminal()
    {
        ForgeManifest(manifest => manifest["artifactType"] = "\u001b[2Jone\ntwo");

        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(_root.Path));
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void A_document_that_is_too_large_is_HL3002_before_it_is_read()
    {
        using (FileStream index = File.OpenWrite(Path.Combine(_root.Path, OciLayout.IndexFile)))
        {
            index.SetLength(1L << 40);
        }

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":null}")]
    [InlineData("{\"schemaVersion\":2,\"mediaType\":\"\",\"manifests\":[null]}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void An_index_that_is_something_else_is_HL3002(string json)
    {
        File.WriteAllText(Path.Combine(_root.Path, OciLayout.IndexFile), json);

        Assert.Equal(Rules.ImageMalformed, Refused());
    }

    [Fact]
    public void No_mutation_of_the_documents_gets_anything_but_a_coded_answer() =>
        MutatedDocuments.AssertCoded(
            _root.Path,
            fileCount: 4,
            () => GuestImage.Open(_root.Path, options => options.VerifyContent = false).Dispose(),
            untouched: Blob(MediaTypes.Memory));

    private DiagnosticRule Refused(string? directory = null) =>
        Assert.Throws<HyperlightException>(() => GuestImage.Open(directory ?? _root.Path)).Finding!.Rule;

    private string Blob(string mediaType) =>
        Directory.GetFiles(OciLayout.BlobDirectory(_root.Path)).Single(path => mediaType switch
        {
            MediaTypes.Memory => new FileInfo(path).Length % 0x1000 == 0,
            MediaTypes.ImageConfig => new FileInfo(path).Length % 0x1000 != 0
                && File.ReadAllText(path).Contains("\"guest_name\"", StringComparison.Ordinal),
            _ => new FileInfo(path).Length % 0x1000 != 0 && File.ReadAllText(path).Contains("\"layers\"", StringComparison.Ordinal),
        });

    /// <summary>Changes the config and updates every digest that depends on it.</summary>
    private void ForgeConfig(Action<JsonNode> change)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(Blob(MediaTypes.ImageConfig)))!;
        change(config);
        ForgeManifest(manifest => (manifest["config"]!["digest"], manifest["config"]!["size"]) = Store(config));
    }

    private void ForgeManifest(Action<JsonNode> change)
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Blob(OciLayout.ManifestMediaType)))!;
        change(manifest);
        ForgeIndex(index => (index["manifests"]![0]!["digest"], index["manifests"]![0]!["size"]) = Store(manifest));
    }

    private (string Digest, int Size) Store(JsonNode document)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(document.ToJsonString());
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(OciLayout.BlobDirectory(_root.Path), hash), bytes);
        return ("sha256:" + hash, bytes.Length);
    }

    private void ForgeIndex(Action<JsonNode> change)
    {
        string path = Path.Combine(_root.Path, OciLayout.IndexFile);
        JsonNode index = JsonNode.Parse(File.ReadAllText(path))!;
        change(index);
        File.WriteAllText(path, index.ToJsonString());
    }
}
