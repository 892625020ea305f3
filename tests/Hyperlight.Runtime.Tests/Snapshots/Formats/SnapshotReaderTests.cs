using System.Text.Json.Nodes;
using Hyperlight.Image.Tests.Images;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Tests untrusted snapshots: each false value is reported with a coded error.</summary>
public sealed class SnapshotReaderTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public SnapshotReaderTests() => TestSnapshots.Save(_root.Path);

    public void Dispose() => _root.Dispose();

    /// <summary>Each row changes the config: the path of the field, the new value, and the code of the error.</summary>
    public static TheoryData<string, string, string> Lies => new()
    {
        { "arch", "\"aarch64\"", "HL3007" },
        { "arch", "\"X86_64\"", "HL3007" },
        { "hypervisor", "\"mshv\"", "HL3007" },
        { "hypervisor", "\"whp\"", "HL3007" },
        { "cpu_vendor", "\"GenuineIntel\"", "HL3007" },
        { "abi_version", "0", "HL3004" },
        { "abi_version", "3", "HL3004" },
        { "abi_version", "2", "HL3002" }, // The two fields of this version are missing.
        { "abi_version", "-1", "HL3002" },
        { "abi_version", "1.0", "HL3002" },
        { "abi_version", "\"1\"", "HL3002" },
        { "original_entrypoint_addr", "4096", "HL3002" },
        { "msrs", "[]", "HL3002" },
        { "surprise", "1", "HL3002" },
        { "layout.surprise", "1", "HL3002" },
        { "sregs.cr3", "0", "HL3002" },
        { "sregs.cs.surprise", "1", "HL3002" },
        { "sregs.gdt.surprise", "1", "HL3002" },
        { "sregs", "null", "HL3002" },
        { "sregs.cs", "null", "HL3002" },
        { "layout", "null", "HL3002" },
        { "host_functions", "null", "HL3002" },
        { "host_functions", "[null]", "HL3002" },
        { "memory_size", "0", "HL3005" },
        { "memory_size", "593920", "HL3005" },
        { "memory_size", "17179869184", "HL3005" },
        { "memory_size", "18446744073709551615", "HL3005" },
        { "memory_size", "18446744073709551616", "HL3002" },
        { "layout.snapshot_size", "0", "HL3005" },
        { "layout.snapshot_size", "536577", "HL3005" },
        { "layout.snapshot_size", "18446744073709547520", "HL3005" },
        { "layout.pt_size", "null", "HL3005" },
        { "layout.pt_size", "0", "HL3005" },
        { "layout.pt_size", "53249", "HL3005" },
        { "layout.input_data_size", "18446744073709551615", "HL3005" },
        { "layout.output_data_size", "4096", "HL3005" },
        { "layout.heap_size", "18446744073709551615", "HL3005" },
        { "layout.heap_size", "1048576", "HL3005" }, // The blob has no room for the heap.
        { "layout.heap_size", "2097152", "HL3005" }, // The heap is larger than the true one.
        { "layout.code_size", "0", "HL3005" },
        { "layout.code_size", "17179869184", "HL3005" },
        { "layout.init_data_size", "200000", "HL3005" },
        { "layout.init_data_permissions", "8", "HL3005" },
        { "layout.scratch_size", "131072", "HL3005" },
        { "layout.scratch_size", "294913", "HL3005" },
        { "layout.scratch_size", "17179869184", "HL3005" },
        { "entrypoint_addr", "4095", "HL3009" },
        { "entrypoint_addr", "540672", "HL3009" },
        { "entrypoint_addr", "18446744073709551615", "HL3009" },
        { "stack_top_gva", "0", "HL3009" },
        { "stack_top_gva", "18446742974197923848", "HL3009" },
        { "stack_top_gva", "18446744073709547520", "HL3009" },
        { "sregs.cr0", "51", "HL3009" },
        { "sregs.cr0", "2147811378", "HL3009" }, // no PE
        { "sregs.cr0", "2684682291", "HL3009" }, // NW without CD
        { "sregs.cr0", "18446744073709551615", "HL3009" },
        { "sregs.cr4", "1536", "HL3009" }, // no PAE
        { "sregs.cr4", "5664", "HL3009" }, // LA57
        { "sregs.cr4", "9760", "HL3009" }, // VMXE
        { "sregs.cr4", "8390176", "HL3009" }, // CET
        { "sregs.efer", "1", "HL3009" },
        { "sregs.efer", "7425", "HL3009" }, // SVME
        { "sregs.cr8", "16", "HL3009" },
        { "sregs.apic_base", "4276094208", "HL3009" }, // x2APIC
        { "sregs.apic_base", "1", "HL3009" },
        { "sregs.apic_base", "68719476736", "HL3009" }, // an address of 37 bits
        { "snapshot_generation", "18446744073709551615", "HL3009" },
        { "sregs.interrupt_bitmap", "[0,0,0,1]", "HL3009" },
        { "sregs.interrupt_bitmap", "[0,0,0]", "HL3009" },
        { "sregs.cs.l", "0", "HL3009" },
        { "sregs.cs.db", "1", "HL3009" },
        { "sregs.cs.dpl", "3", "HL3009" },
        { "sregs.cs.type_", "3", "HL3009" },
        { "sregs.cs.present", "2", "HL3009" },
        { "sregs.cs.type_", "256", "HL3002" },
        { "sregs.ss.dpl", "3", "HL3009" },
        { "sregs.fs.base", "9223372036854775808", "HL3009" },
        { "sregs.fs.dpl", "4", "HL3009" },
        { "sregs.tr.type_", "9", "HL3009" },
        { "sregs.tr.present", "0", "HL3009" },
        { "sregs.gdt.base", "140737488355328", "HL3009" },
        { "sregs.idt.base", "140737488355328", "HL3009" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_config_that_lies_is_refused_with_its_code(string path, string json, string code)
    {
        TestSnapshots.ForgeConfig(_root.Path, config => Set(config, path, json));

        Assert.Equal(code, Refused());
    }

    [Fact]
    public void Every_field_of_the_config_must_be_there()
    {
        string[] names = [.. JsonNode.Parse(SnapshotDocumentTests.Vector("config"))!.AsObject().Select(field => field.Key)];
        Assert.Equal(12, names.Length);
        foreach (string name in names)
        {
            using TemporaryDirectory directory = new();
            TestSnapshots.Save(directory.Path);
            TestSnapshots.ForgeConfig(directory.Path, config => config.AsObject().Remove(name));

            Assert.Equal("HL3002", Refused(directory.Path));
        }
    }

    [Fact]
    public void A_snapshot_of_the_abi_after_0_16_is_read_with_its_two_fields()
    {
        TestSnapshots.Save(_root.Path, config: TestSnapshots.ConfigOfAbi2);

        (SavedSnapshot snapshot, _) = TestSnapshots.Load(_root.Path);

        Assert.Equal("amd64-0.17", snapshot.Map.Layout.Id);
        Assert.Equal(0x4010UL, snapshot.EntryPoint?.Value);
        Assert.Equal(0xC000_0102, Assert.Single(snapshot.Processor.Msrs).Index);
    }

    [Theory]
    [InlineData("entrypoint_addr", "405504", "HL3009")] // behind the code
    [InlineData("entrypoint_addr", "16383", "HL3009")]
    [InlineData("original_entrypoint_addr", "16383", "HL3009")]
    [InlineData("original_entrypoint_addr", "552960", "HL3009")]
    [InlineData("original_entrypoint_addr", "null", "HL3002")]
    [InlineData("msrs", "null", "HL3002")]
    [InlineData("msrs", "[null]", "HL3002")]
    [InlineData("msrs", "[{\"index\":16,\"value\":0},{\"index\":16,\"value\":1}]", "HL3009")]
    [InlineData("msrs", "[{\"index\":16,\"value\":0,\"more\":1}]", "HL3002")]
    [InlineData("msrs", "[{\"index\":3221225602,\"value\":1152921504606846976}]", "HL3009")]
    [InlineData("layout.pt_size", "null", "HL3005")]
    public void A_config_of_the_abi_after_0_16_that_lies_is_refused(string path, string json, string code)
    {
        TestSnapshots.Save(_root.Path, config: TestSnapshots.ConfigOfAbi2);
        TestSnapshots.ForgeConfig(_root.Path, config => Set(config, path, json));

        Assert.Equal(code, Refused());
    }

    [Theory]
    [InlineData("artifactType", "\"application/x\"", "HL3004")]
    [InlineData("artifactType", "null", "HL3004")]
    [InlineData("schemaVersion", "1", "HL3004")]
    [InlineData("mediaType", "\"application/x\"", "HL3004")]
    [InlineData("layers", "[]", "HL3004")]
    [InlineData("layers", "[null]", "HL3002")]
    [InlineData("layers.0.mediaType", "\"application/x\"", "HL3002")]
    [InlineData("layers.0.size", "4096", "HL3002")]
    [InlineData("layers.0.digest", "\"sha512:00\"", "HL3002")]
    [InlineData("config.mediaType", "\"application/x\"", "HL3002")]
    [InlineData("config.size", "1", "HL3002")]
    [InlineData("config.digest", "\"sha256:../../../../../../../../../../../../../../../../../../etc/passwd\"", "HL3002")]
    [InlineData("annotations.dev|hyperlight|sdk|heap|size", "\"many\"", "HL3002")]
    [InlineData("annotations.dev|hyperlight|sdk|heap|size", "\"18446744073709551615\"", "HL3005")]
    [InlineData("annotations.dev|hyperlight|sdk|heap|size", "\"1000\"", "HL3005")] // smaller than the recorded size
    [InlineData("annotations.dev|hyperlight|sdk|xcr0", "\"0x4\"", "HL3002")]
    [InlineData("annotations.dev|hyperlight|sdk|msrs", "\"0x10=0x0 0x10=0x1\"", "HL3009")]
    [InlineData("annotations.dev|hyperlight|sdk|xcr0", "\"0x60001\"", null)]
    [InlineData("annotations.dev|hyperlight|sdk|xcr0", "\"0x40001\"", "HL3002")]
    [InlineData("annotations.dev|hyperlight|sdk|msrs", "\"0xC0000102=0x1000000000000000\"", "HL3009")]
    [InlineData("annotations.dev|hyperlight|sdk|msrs|allowed", "\"0x10 0x10\"", "HL3009")]
    [InlineData("annotations.dev|hyperlight|sdk|msrs|allowed", "\"1 2\"", "HL3002")]
    [InlineData(
        "annotations.dev|hyperlight|sdk|msrs|allowed",
        "\"0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9 0xA 0xB 0xC 0xD 0xE 0xF 0x10 0x11\"",
        "HL3009")]
    [InlineData("annotations.dev|hyperlight|sdk|registers", "\"neutral\"", "HL3009")] // the unusable LDT is not marked
    [InlineData("annotations.dev|hyperlight|sdk|registers", "\"Neutral\"", "HL3002")]
    [InlineData("annotations.dev|hyperlight|sdk|registers", "\"\"", "HL3002")]
    [InlineData("annotations", "{}", null)]
    [InlineData("annotations", "null", null)]
    [InlineData("annotations.org|example", "\"anything\"", null)]
    [InlineData("subject", "{\"any\":\"thing\"}", null)]
    public void A_manifest_that_lies_is_refused_and_one_that_says_more_is_not(string path, string json, string? code)
    {
        TestSnapshots.ForgeManifest(_root.Path, manifest => Set(manifest, path, json));

        Assert.Equal(code, code is null ? null : Refused());
        if (code is null)
        {
            TestSnapshots.Load(_root.Path);
        }
    }

    /// <summary>A file with holes takes a few KiB and says that it has 1.75 GiB of page tables.</summary>
    [Fact]
    public void More_tables_than_memory_can_need_are_refused_before_there_is_room_for_them()
    {
        const long Tables = 0x7000_0000;
        long size = (long)TestSnapshots.Config.Layout.SnapshotSize + Tables;
        using (FileStream memory = File.OpenWrite(TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory)))
        {
            memory.SetLength(size);
        }

        TestSnapshots.ForgeConfig(_root.Path, config =>
        {
            config["memory_size"] = size;
            config["layout"]!["pt_size"] = Tables;
            config["layout"]!["scratch_size"] = 0x8000_0000;
        });
        TestSnapshots.ForgeManifest(_root.Path, manifest => manifest["layers"]![0]!["size"] = size);
        long before = GC.GetAllocatedBytesForCurrentThread();

        HyperlightException failure = Assert.Throws<HyperlightException>(() => TestSnapshots.Load(_root.Path, verifyContent: false));

        Assert.Equal("HL3005", failure.Finding!.Rule.Code);
        Assert.Contains("page tables take 0x70000000 bytes", failure.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_snapshot_without_our_annotations_has_the_heap_that_is_recorded()
    {
        Assert.Equal(1UL << 20, TestSnapshots.Load(_root.Path).Snapshot.Map.Sizes.HeapSize);

        TestSnapshots.ForgeManifest(_root.Path, manifest => manifest.AsObject().Remove("annotations"));

        Assert.Equal(0x20000UL, TestSnapshots.Load(_root.Path).Snapshot.Map.Sizes.HeapSize);
    }

    [Fact]
    public void A_guest_without_a_heap_has_one_byte_of_it_in_the_config()
    {
        TestSnapshots.ForgeConfig(_root.Path, config => config["layout"]!["heap_size"] = 1);
        TestSnapshots.ForgeManifest(_root.Path, manifest => manifest["annotations"]!["dev.hyperlight.sdk.heap.size"] = "0");

        Assert.Equal(0UL, TestSnapshots.Load(_root.Path).Snapshot.Map.Sizes.HeapSize);
    }

    [Theory]
    [InlineData("mediaType", "\"application/x\"", "HL3002")]
    [InlineData("schemaVersion", "1", "HL3002")]
    [InlineData("manifests.0.mediaType", "\"application/x\"", "HL3002")]
    [InlineData("manifests.0.size", "1", "HL3002")]
    [InlineData("manifests.0.annotations.org|opencontainers|image|ref|name", "\"other\"", "HL3002")]
    public void An_index_that_lies_is_refused(string path, string json, string code)
    {
        TestSnapshots.ForgeIndex(_root.Path, index => Set(index, path, json));

        Assert.Equal(code, Refused());
    }

    [Fact]
    public void A_tag_that_is_not_there_is_refused_with_those_that_are()
    {
        HyperlightException failure = Assert.Throws<HyperlightException>(() => TestSnapshots.Load(_root.Path, "steady"));

        Assert.Contains("'steady', it needs one; its tags are ready", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_digest_finds_a_manifest_whatever_its_tag()
    {
        string digest = TestSnapshots.Save(_root.Path, "other", content: 0xBB);

        Assert.Equal(0xBB, TestSnapshots.Load(_root.Path, digest).First);
        Assert.Equal("HL3002", Refused(reference: "sha256:" + new string('0', 64)));
        Assert.Equal("HL3002", Refused(reference: "sha512:" + new string('0', 64)));
    }

    [Theory]
    [InlineData(OciLayout.ManifestMediaType)]
    [InlineData(MediaTypes.SnapshotConfig)]
    [InlineData(MediaTypes.Memory)]
    public void A_changed_byte_in_any_blob_is_HL3003(string mediaType)
    {
        string path = TestSnapshots.BlobPath(_root.Path, mediaType);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 0x20;
        File.WriteAllBytes(path, bytes);

        Assert.Equal("HL3003", Refused());
    }

    [Fact]
    public void Without_VerifyContent_only_the_memory_blobs_content_goes_unchecked()
    {
        string path = TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[0x10] ^= 0xFF;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(0x55, TestSnapshots.Load(_root.Path, verifyContent: false).First);

        File.WriteAllBytes(path, bytes[..^0x1000]);
        HyperlightException failure = Assert.Throws<HyperlightException>(() => TestSnapshots.Load(_root.Path, verifyContent: false));
        Assert.Equal("HL3002", failure.Finding!.Rule.Code);
    }

    [Theory]
    [InlineData(OciLayout.ManifestMediaType)]
    [InlineData(MediaTypes.SnapshotConfig)]
    [InlineData(MediaTypes.Memory)]
    public void A_link_in_place_of_any_blob_is_HL3002_and_a_missing_blob_HL3001(string mediaType)
    {
        string path = TestSnapshots.BlobPath(_root.Path, mediaType);
        File.Move(path, path + ".real");
        Assert.Equal("HL3001", Refused());

        File.CreateSymbolicLink(path, path + ".real");
        Assert.Equal("HL3002", Refused());
    }

    [Theory]
    [InlineData("blobs")]
    [InlineData("blobs/sha256")]
    public void A_link_in_place_of_a_folder_of_blobs_is_HL3002(string name)
    {
        string path = Path.Combine(_root.Path, name);
        Directory.Move(path, Path.Combine(_root.Path, "elsewhere"));
        Directory.CreateSymbolicLink(path, Path.Combine(_root.Path, "elsewhere"));

        Assert.Equal("HL3002", Refused());
    }

    [Fact]
    public void A_snapshot_is_no_image_and_an_image_no_snapshot()
    {
        ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.Amd64V16));

        HyperlightException failure = Assert.Throws<HyperlightException>(() => TestSnapshots.Load(_root.Path, "initial"));
        Assert.Equal("HL3004", failure.Finding!.Rule.Code);
    }

    [Fact]
    public void No_mutation_of_the_documents_gets_anything_but_a_coded_answer() =>
        MutatedDocuments.AssertCoded(
            _root.Path,
            fileCount: 4,
            () => TestSnapshots.Load(_root.Path, verifyContent: false),
            untouched: TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory));

    private string Refused(string? directory = null, string reference = TestSnapshots.Tag) =>
        Assert.Throws<HyperlightException>(() => TestSnapshots.Load(directory ?? _root.Path, reference)).Finding!.Rule.Code;

    /// <summary>Sets what is at a path of names and numbers; a bar stands for a dot in a name.</summary>
    internal static void Set(JsonNode document, string path, string json)
    {
        string[] names = [.. path.Split('.').Select(name => name.Replace('|', '.'))];
        JsonNode target = document;
        foreach (string name in names[..^1])
        {
            target = int.TryParse(name, out int index) ? target[index]! : target[name]!;
        }

        target[names[^1]] = JsonNode.Parse(json);
    }
}
