using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Hyperlight.Image.Tests.Images;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Tests untrusted snapshots in our own format: each false value is reported with a coded error.</summary>
public sealed class SdkSnapshotReaderTests : IDisposable
{
    private const string Tag = TestSdkSnapshots.Tag;
    private const ulong ScratchPage = 0xFFFF_F000;

    private static readonly ulong[] Addresses = [0x1000, 0x2000, ScratchPage];

    private readonly TemporaryDirectory _root = new();

    public SdkSnapshotReaderTests() => Save(Addresses);

    public void Dispose() => _root.Dispose();

    /// <summary>Each row changes the config: the path of the field, the new value, and the code of the error.</summary>
    public static TheoryData<string, string, string> Lies => new()
    {
        { "schema_version", "0", "HL3004" },
        { "schema_version", "1", "HL3004" },
        { "schema_version", "4", "HL3004" },
        { "schema_version", "\"3\"", "HL3002" },
        { "arch", "\"aarch64\"", "HL3007" },
        { "hypervisor", "\"\"", "HL3002" },
        { "hypervisor", "\"two\\nlines\"", "HL3002" },
        { "cpu_vendor", "\"GenuineIntel\"", "HL3007" },
        { "layout", "\"i686-9.9\"", "HL3004" },
        { "layout", "\"amd64-0.16\"", "HL3005" }, // The memory of this layout starts elsewhere.
        { "layout", "\"i686-0.15\"", "HL3005" },
        { "layout", "\"i686-flat\"", "HL3005" },
        { "base", "4096", "HL3005" },
        { "base", "-1", "HL3002" },
        { "surprise", "1", "HL3002" },
        { "sizes.surprise", "1", "HL3002" },
        { "sizes.hardware_interrupts", "true", "HL3002" }, // The state of the interrupt controllers is missing.
        { "sizes", "null", "HL3002" },
        { "sizes.heap_size", "18446744073709551615", "HL3005" },
        { "sizes.heap_size", "4096", "HL3005" }, // A stored part lies behind the end of the memory.
        { "stored", "null", "HL3002" },
        { "stored", "[]", "HL3005" },
        { "stored", "[null]", "HL3002" },
        { "stored", "[{}]", "HL3002" },
        { "stored", "[{\"offset\":0,\"size\":0}]", "HL3005" },
        { "stored", "[{\"offset\":0,\"size\":4095}]", "HL3005" },
        { "stored", "[{\"offset\":1,\"size\":4096}]", "HL3005" },
        { "stored", "[{\"offset\":0,\"size\":4096}]", "HL3002" }, // The blob has another length.
        { "stored", "[{\"offset\":4096,\"size\":4096},{\"offset\":4096,\"size\":4096}]", "HL3005" },
        { "stored", "[{\"offset\":4096,\"size\":18446744073709547520}]", "HL3005" },
        { "stored", "[{\"offset\":18446744073709547520,\"size\":8192}]", "HL3005" },
        { "sizes.scratch_size", "1", "HL3005" },
        { "sizes.scratch_size", "18446744073709547520", "HL3005" },
        { "sizes.scratch_size", "18874368", "HL3005" }, // Scratch would cover the local APIC (i686 sheet, section 6.3).
        { "sizes.input_buffer_size", "4096", "HL3005" },
        { "code_size", "0", "HL3005" },
        { "code_size", "18446744073709551615", "HL3005" },
        { "page_count", "0", "HL3005" },
        { "page_count", "null", "HL3002" },
        { "memory_size", "4096", "HL3002" }, // The field is only for guests with page tables.
        { "tables_size", "4096", "HL3002" },
        {
            "interrupts",
            "{\"master_pic\":\"\",\"slave_pic\":\"\",\"io_apic\":\"\",\"local_apic\":\"\"}",
            "HL3002"
        }, // The guest has no interrupt controllers.
        { "page_count", "2", "HL3002" }, // The blob has another length.
        { "page_count", "4", "HL3002" },
        { "page_count", "4294967296", "HL3005" },
        { "page_count", "18446744073709551615", "HL3005" },
        { "guest_name", "\"\"", "HL3002" },
        { "guest_name", "\"a\\nb\"", "HL3002" },
        { "image_digest", "\"sha256:../../x\"", "HL3002" },
        { "call_entry", "4294967296", "HL3009" },
        { "entry_point", "4294967296", "HL3009" },
        { "call_stack", "0", "HL3009" },
        { "call_stack", "4294959096", "HL3009" }, // no multiple of 16
        { "call_stack", "4294967296", "HL3009" },
        { "cr3", "4294967296", "HL3009" },
        { "xcr0", "0", "HL3009" },
        { "xcr0", "5", "HL3009" }, // AVX without SSE
        { "msrs", "null", "HL3002" },
        { "msrs", "[null]", "HL3002" },
        { "msrs", "[{\"index\":16,\"value\":0},{\"index\":16,\"value\":1}]", "HL3009" },
        { "allowed_msrs", "null", "HL3002" },
        { "allowed_msrs", "[-1]", "HL3002" },
        { "allowed_msrs", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "HL3009" }, // KVM filters at most 16 registers.
        { "allowed_msrs", "[16,16]", "HL3009" },
        { "generation", "18446744073709551615", "HL3009" }, // The next generation would be 0.
        { "generation", "9223372036854775808", "HL3009" },
        { "msrs", "[{\"index\":3221225730,\"value\":1152921504606846976}]", "HL3009" }, // KERNEL_GS_BASE, no canonical address
        { "msrs", "[{\"index\":3221225729,\"value\":140737488355328}]", "HL3009" }, // GS_BASE
        { "msrs", "[{\"index\":3221225728,\"value\":140737488355328}]", "HL3009" }, // FS_BASE
        { "msrs", "[{\"index\":3221225602,\"value\":140737488355328}]", "HL3009" }, // LSTAR
        { "msrs", "[{\"index\":3221225603,\"value\":140737488355328}]", "HL3009" }, // CSTAR
        { "msrs", "[{\"index\":373,\"value\":140737488355328}]", "HL3009" }, // SYSENTER_ESP
        { "msrs", "[{\"index\":374,\"value\":140737488355328}]", "HL3009" }, // SYSENTER_EIP
        { "msrs", "[{\"index\":27,\"value\":1024}]", "HL3009" }, // IA32_APIC_BASE: x2APIC
        { "xcr0", "9", "HL3009" }, // half of MPX
        { "xcr0", "39", "HL3009" }, // a part of AVX-512
        { "xcr0", "227", "HL3009" }, // AVX-512 without AVX
        { "xcr0", "263", "HL3009" }, // a bit of XSS
        { "xcr0", "131079", "HL3009" }, // half of AMX
        { "xcr0", "9223372036854775809", "HL3009" },
        { "msrs", "[{\"index\":27,\"value\":1}]", "HL3009" },
        { "msrs", "[{\"index\":27,\"value\":512}]", "HL3009" },
        { "msrs", "[{\"index\":27,\"value\":4294967296}]", "HL3009" }, // an address of 33 bits
        { "msrs", "[{\"index\":27,\"value\":4503599627370496}]", "HL3009" },
        { "host_functions", "null", "HL3002" },
        { "host_functions", "[null]", "HL3002" },
        { "sregs", "null", "HL3002" },
        { "sregs.surprise", "1", "HL3002" },
        { "sregs.cr0", "2147483664", "HL3009" }, // paging without protection
        { "sregs.cr0", "536870929", "HL3009" }, // NW without CD
        { "sregs.cr0", "18446744073709551615", "HL3009" },
        { "sregs.cr4", "4096", "HL3009" }, // LA57
        { "sregs.cr4", "8192", "HL3009" }, // VMXE
        { "sregs.cr4", "131072", "HL3009" }, // PCIDE
        { "sregs.efer", "256", "HL3009" }, // LME
        { "sregs.efer", "1024", "HL3009" }, // LMA
        { "sregs.efer", "4096", "HL3009" }, // SVME
        { "sregs.cr8", "16", "HL3009" },
        { "sregs.apic_base", "0", "HL3002" },
        { "sregs.interrupt_bitmap", "[0,0,0,0]", "HL3002" },
        { "sregs.cs.l", "1", "HL3009" },
        { "sregs.cs.dpl", "3", "HL3009" },
        { "sregs.cs.type", "3", "HL3009" },
        { "sregs.cs.present", "0", "HL3009" },
        { "sregs.cs.base", "4294967296", "HL3009" },
        { "sregs.ss.dpl", "3", "HL3009" },
        { "sregs.fs.dpl", "4", "HL3009" },
        { "sregs.tr.type", "9", "HL3009" },
        { "sregs.tr.present", "0", "HL3009" },
        { "sregs.gdt.base", "4294967296", "HL3009" },
        { "sregs.idt.base", "4294967296", "HL3009" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_config_that_lies_is_refused_with_its_code(string path, string json, string code)
    {
        TestSnapshots.ForgeConfig(_root.Path, config => SnapshotReaderTests.Set(config, path, json));

        Assert.Equal(code, Refused());
    }

    [Theory]
    [InlineData("sregs.cr0", "16")] // real mode
    [InlineData("sregs.cr0", "2147483665")] // page tables that the guest made
    [InlineData("sregs.tr.type", "3")] // a 16-bit task
    [InlineData("xcr0", "7")]
    [InlineData("xcr0", "743")] // AVX-512 and protection keys
    [InlineData("xcr0", "393247")] // MPX and AMX
    [InlineData("hypervisor", "\"whp\"")]
    [InlineData("hypervisor", "\"a hypervisor of the future\"")]
    [InlineData("sregs.ds.present", "0")] // a null segment
    // Registers that the config does not allow to guests: hosts without an MSR filter save them all the same.
    [InlineData("msrs", "[{\"index\":16,\"value\":5},{\"index\":3221225730,\"value\":18446603336221196288}]")]
    [InlineData("msrs", "[{\"index\":27,\"value\":4276095232}]")]
    [InlineData("allowed_msrs", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]")]
    [InlineData("generation", "9223372036854775807")]
    [InlineData("guest_name", "null")]
    [InlineData("image_digest", "null")]
    [InlineData("entry_point", "null")]
    public void A_state_that_a_guest_may_have_is_read(string path, string json)
    {
        TestSnapshots.ForgeConfig(_root.Path, config => SnapshotReaderTests.Set(config, path, json));

        Read().Dispose();
    }

    /// <summary>The version before had the registers of KVM.</summary>
    [Fact]
    public void A_config_of_the_version_before_is_HL3004_although_its_fields_are_others()
    {
        TestSnapshots.ForgeConfig(_root.Path, config =>
        {
            config["schema_version"] = 2;
            config["sregs"]!["apic_base"] = 0;
            config["sregs"]!["interrupt_bitmap"] = new JsonArray(0, 0, 0, 0);
        });

        HyperlightException refused = Assert.Throws<HyperlightException>(() => Read());

        Assert.Equal(Rules.ImageUnsupported, refused.Finding!.Rule);
        Assert.Contains("schema version 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("take the snapshot again from the guest", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_of_the_config_must_be_there_but_those_that_may_be_unknown()
    {
        string[] names = [];
        TestSnapshots.ForgeConfig(_root.Path, config => names = [.. config.AsObject().Select(field => field.Key)]);
        Assert.Equal(23, names.Length);
        foreach (string name in names.Except(["guest_name", "image_digest", "entry_point"]))
        {
            Save(Addresses);
            TestSnapshots.ForgeConfig(_root.Path, config => config.AsObject().Remove(name));

            Assert.Equal("HL3002", Refused());
        }
    }

    [Fact]
    public void What_was_saved_is_read()
    {
        using SavedSnapshot saved = Read();

        SavedIdentityMemory memory = Assert.IsType<SavedIdentityMemory>(saved.Memory);
        Assert.Equal(Addresses, memory.Addresses);
        Assert.Equal(("test", 0x1234UL, 0x8000UL, 3UL), (saved.GuestName, saved.CallEntry, saved.CallStack, saved.Generation));
        Assert.Equal("i686-0.13", saved.Map.Layout.Id);
        byte[] page = new byte[0x1000];
        memory.Pages.Read(page, memory.FirstPage + 0x1000);
        Assert.Equal(2, page[0]);
    }

    /// <summary>Addresses at which a snapshot can have no page, or addresses that are not in order.</summary>
    [Theory]
    [InlineData(0x2000, 0x1000, ScratchPage)]
    [InlineData(0x1000, 0x1000, ScratchPage)]
    [InlineData(0x1000, 0x1000_0000, ScratchPage)] // between memory and scratch
    [InlineData(0x1000, 0xFFFB_8000, ScratchPage)] // the input buffer
    [InlineData(0x1000, 0xFFFB_F000, ScratchPage)] // the last page of the output buffer
    [InlineData(0x1000, 0x2000, 0xFFFB_7000)] // below scratch
    [InlineData(0x1000, 0x2000, 0x1_0000_0000)]
    [InlineData(0x1000, 0x2000, 0xFFF_FFFF_F000)]
    public void An_index_with_pages_elsewhere_is_HL3005(ulong first, ulong second, ulong third)
    {
        Save([first, second, third]);

        Assert.Equal("HL3005", Refused());
        Assert.Equal("HL3005", Refused(verifyContent: false));
    }

    [Fact]
    public void An_index_with_more_than_zeros_behind_its_pages_is_HL3005()
    {
        string path = LayerPath(1);
        foreach (int place in (int[])[Addresses.Length * 4, 0xFFF])
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[place] = 1;
            File.WriteAllBytes(path, bytes);
            Assert.Equal("HL3005", Refused(verifyContent: false));
            bytes[place] = 0;
            File.WriteAllBytes(path, bytes);
        }

        Read().Dispose();
    }

    [Theory]
    [InlineData("layers", "[]", "HL3004")]
    [InlineData("layers", "[null,null]", "HL3002")]
    [InlineData("layers.0.mediaType", "\"application/vnd.hyperlight.sdk.snapshot.pages.v1\"", "HL3002")]
    [InlineData("layers.1.mediaType", "\"application/vnd.hyperlight.snapshot.memory.v1\"", "HL3002")]
    [InlineData("layers.0.size", "4096", "HL3002")]
    [InlineData("layers.1.size", "4096", "HL3002")]
    [InlineData("layers.1.digest", "\"sha512:00\"", "HL3002")]
    [InlineData(
        "artifactType", "\"application/vnd.hyperlight.snapshot.config.v1+json\"",
        "HL3004")] // upstream's type, whose manifest has one layer
    [InlineData("config.mediaType", "\"application/vnd.hyperlight.snapshot.config.v1+json\"", "HL3002")]
    public void A_manifest_that_lies_is_refused(string path, string json, string code)
    {
        TestSnapshots.ForgeManifest(_root.Path, manifest => SnapshotReaderTests.Set(manifest, path, json));

        Assert.Equal(code, Refused());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_changed_byte_in_any_layer_is_HL3003_and_a_shorter_one_HL3002(int layer)
    {
        string path = LayerPath(layer);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 0x20;
        File.WriteAllBytes(path, bytes);
        Assert.Equal("HL3003", Refused());
        Read(verifyContent: false).Dispose();

        File.WriteAllBytes(path, bytes[..^0x1000]);
        Assert.Equal("HL3002", Refused(verifyContent: false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_link_in_place_of_any_layer_is_HL3002_and_a_missing_one_HL3001(int layer)
    {
        string path = LayerPath(layer);
        File.Move(path, path + ".real");
        Assert.Equal("HL3001", Refused());

        File.CreateSymbolicLink(path, path + ".real");
        Assert.Equal("HL3002", Refused());
    }

    [Fact]
    public void The_memory_of_an_image_in_the_same_folder_is_not_written_again()
    {
        using TemporaryDirectory image = new();
        WrittenImage written = ImageWriter.Write(image.Path, TestImages.Create(GuestLayouts.I686V13));
        using GuestImage opened = GuestImage.Open(image.Path);
        byte[] memory = new byte[StoredRanges.Total(opened.Config.Stored)];
        RandomAccess.Read(opened.File.Handle, memory, 0);
        SdkSnapshotConfig config = TestSdkSnapshots.Config(opened.Map) with { PageCount = 1, Stored = opened.Config.Stored };

        new SnapshotWriter(image.Path).Write("snapshot", config, sink => sink(0, memory), sink => sink(0, PageIndex.Write([ScratchPage])));

        Assert.Equal(3 + 3, Directory.GetFiles(OciLayout.BlobDirectory(image.Path)).Length);
        Assert.All(written.Files, file => Assert.True(File.Exists(Path.Combine(image.Path, file))));
    }

    [Fact]
    public void No_mutation_of_documents_and_index_gets_anything_but_a_coded_answer() =>
        MutatedDocuments.AssertCoded(_root.Path, fileCount: 5, () => Read(verifyContent: false).Dispose(), untouched: LayerPath(0));

    /// <summary>Saves pages that start with 1, 2, 3 … and an index, which may be wrong.</summary>
    private void Save(ulong[] addresses)
    {
        MemoryMap map = TestSdkSnapshots.Map(GuestLayouts.I686V13);
        byte[] index = new byte[0x1000];
        for (int i = 0; i < addresses.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(i * 4), (uint)(addresses[i] >> 12));
        }

        new SnapshotWriter(_root.Path).Write(
            Tag,
            TestSdkSnapshots.Config(map) with { PageCount = (ulong)addresses.Length, Stored = [new(0, 0x6000), new(0x10000, 0x1000)] },
            sink => sink(0x10, [0xAA]),
            sink =>
            {
                sink(0, index);
                for (int i = 0; i < addresses.Length; i++)
                {
                    sink(0x1000 * (ulong)(i + 1), [(byte)(i + 1)]);
                }
            });
    }

    private string LayerPath(int layer)
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(TestSnapshots.BlobPath(_root.Path, OciLayout.ManifestMediaType)))!;
        return Path.Combine(OciLayout.BlobDirectory(_root.Path), ((string)manifest["layers"]![layer]!["digest"]!)[7..]);
    }

    private SavedSnapshot Read(bool verifyContent = true) => TestSnapshots.Reader(_root.Path).Read(Tag, verifyContent);

    private string Refused(bool verifyContent = true) => Assert.Throws<HyperlightException>(() => Read(verifyContent)).Finding!.Rule.Code;
}
