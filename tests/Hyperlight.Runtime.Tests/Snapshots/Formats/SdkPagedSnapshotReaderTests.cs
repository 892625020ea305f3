using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hyperlight.Image.Tests.Images;
using Hyperlight.Images;
using Hyperlight.Json;
using Hyperlight.Layouts;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>
/// Tests snapshots of guests with page tables in our own format. Whatever an untrusted file contains, the reader reports a coded error.
/// </summary>
public sealed class SdkPagedSnapshotReaderTests : IDisposable
{
    // The tables of an i686-0.15 guest: the root, the table for its memory, then the table for scratch.
    private const int Root = 0;
    private const int Low = 1;
    private const int High = 2;
    private const uint Table = 0x27; // present, writable, user, accessed
    private const uint Page = 0x21; // present, accessed
    private const uint TablesGpa = 0xFEDC_0000;

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    /// <summary>The guests whose snapshots have this format: the layout, and whether the guest has interrupts.</summary>
    public static TheoryData<string, bool> Guests =>
        new() { { "i686-0.15", false }, { "i686-0.15", true }, { "amd64-0.16", true }, { "amd64-0.17", true } };

    /// <summary>
    /// Each row changes the config of an i686-0.15 guest with interrupts: the path of the field, the new value, and the code of the error.
    /// </summary>
    public static TheoryData<string, string, string> Lies => new()
    {
        { "schema_version", "2", "HL3004" },
        { "hypervisor", "\"whp\"", "HL3007" },
        { "cpu_vendor", "\"GenuineIntel\"", "HL3007" },
        { "layout", "\"i686-0.16\"", "HL3004" },
        { "layout", "\"amd64-0.17\"", "HL3005" }, // The memory of this layout starts elsewhere.
        { "layout", "\"i686-flat\"", "HL3002" }, // This layout has no page tables.
        { "base", "0", "HL3005" },
        { "base", "8192", "HL3005" },
        { "sizes.heap_size", "18446744073709551615", "HL3005" },
        { "sizes.heap_size", "1048576", null! }, // An untouched heap of any size takes one page.
        { "sizes.heap_size", "4261412864", "HL3005" }, // The addresses of the heap include the IOAPIC.
        { "sizes.scratch_size", "98304", "HL3009" }, // With this size CR3 would be elsewhere.
        { "sizes.scratch_size", "81920", "HL3005" }, // The size is below the minimum for buffers and guest.
        { "sizes.scratch_size", "4096", "HL3005" },
        { "sizes.scratch_size", "4194304", "HL3005" }, // Scratch would cover the IOAPIC.
        { "sizes.input_buffer_size", "0", "HL3005" },
        { "sizes.init_data_size", "4096", "HL3005" }, // The memory has no room for the init data.
        { "sizes.hardware_interrupts", "false", "HL3002" },
        { "code_size", "0", "HL3005" },
        { "code_size", "1048576", "HL3005" },
        { "page_count", "1", "HL3002" },
        { "page_count", "0", "HL3002" },
        { "memory_size", "null", "HL3002" },
        { "memory_size", "0", "HL3005" },
        { "memory_size", "28673", "HL3005" },
        { "memory_size", "24576", "HL3005" }, // The size is less than that of the image.
        { "memory_size", "36864", "HL3002" }, // The blob has another length.
        { "memory_size", "4276088832", "HL3005" }, // The memory would reach the end of the address space.
        { "memory_size", "18446744073709547520", "HL3005" },
        { "memory_size", "-1", "HL3002" },
        { "tables_size", "null", "HL3002" },
        { "tables_size", "0", "HL3005" },
        { "tables_size", "12289", "HL3005" },
        { "tables_size", "8192", "HL3002" },
        { "tables_size", "4294967296", "HL3005" },
        { "tables_size", "18446744073709547520", "HL3005" },
        { "tables_size", "262144", "HL3005" }, // Scratch has no room for the tables.
        { "call_entry", "4294967296", "HL3009" },
        { "entry_point", "4294967296", "HL3009" },
        { "call_stack", "0", "HL3009" },
        { "call_stack", "32776", "HL3009" },
        { "cr3", "0", "HL3009" },
        { "cr3", "4275834880", "HL3009" }, // the address of the second table
        { "cr3", "4275830792", "HL3009" }, // a root with the cache disabled
        { "cr3", "4294967296", "HL3009" },
        { "xcr0", "2", "HL3009" },
        { "sregs.cr0", "17", "HL3009" }, // no paging
        { "sregs.cr0", "16", "HL3009" }, // real mode
        { "sregs.cr0", "2147549200", "HL3009" }, // paging without protection
        { "sregs.cr0", "2684420113", "HL3009" }, // NW without CD
        { "sregs.cr4", "32", "HL3009" }, // PAE
        { "sregs.cr4", "4096", "HL3009" }, // LA57
        { "sregs.cr4", "131072", "HL3009" }, // PCIDE
        { "sregs.efer", "256", "HL3009" }, // LME
        { "sregs.efer", "1024", "HL3009" }, // LMA
        { "sregs.cs.l", "1", "HL3009" },
        { "sregs.cs.dpl", "3", "HL3009" },
        { "sregs.ss.dpl", "3", "HL3009" },
        { "sregs.tr.type", "9", "HL3009" },
        { "sregs.cs.unusable", "1", "HL3002" },
        { "interrupts.apic_base", "1024", "HL3009" }, // x2APIC
        { "interrupts.apic_base", "4276094976", "HL3009" }, // the local APIC is on
        { "interrupts.apic_base", "4276092928", null! }, // The local APIC is off and at its usual address.
        { "interrupts.apic_base", "4294967296", "HL3009" }, // The address does not exist in this layout.
        { "msrs", "[{\"index\":27,\"value\":4276095232}]", "HL3009" }, // The register turns the local APIC on.
        { "msrs", "[{\"index\":27,\"value\":4276093184}]", null! },
        { "msrs", "[{\"index\":27,\"value\":1}]", "HL3009" },
        { "sregs.interrupt_bitmap", "[1,0,0,0]", "HL3002" },
        { "interrupts", "null", "HL3002" },
        { "interrupts.surprise", "1", "HL3002" },
        { "interrupts.master_pic", "null", "HL3002" },
        { "interrupts.master_pic", "\"no Base64!\"", "HL3002" },
        { "interrupts.master_pic", "\"\"", "HL3009" },
        { "interrupts.slave_pic", "\"AQH+AAAgAAAAAAAAAAEA\"", "HL3009" }, // 15 bytes
        { "interrupts.io_apic", "\"AADA/gAAAAA=\"", "HL3009" },
        { "interrupts.local_apic", "\"AADA/gAAAAA=\"", "HL3009" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_config_that_lies_is_refused_with_its_code(string path, string json, string? code)
    {
        Save("i686-0.15", interrupts: true);
        TestSnapshots.ForgeConfig(_root.Path, config => SnapshotReaderTests.Set(config, path, json));

        Assert.Equal(code, code is null ? Opened() : Refused());
    }

    [Theory]
    [InlineData("sregs.cr0", "17", "HL3009")] // 32-bit
    [InlineData("sregs.cr4", "1536", "HL3009")] // no PAE
    [InlineData("sregs.efer", "1", "HL3009")]
    [InlineData("sregs.cs.l", "0", "HL3009")]
    [InlineData("call_entry", "140737488355328", "HL3009")] // not canonical
    [InlineData("call_entry", "18446744073709551615", "HL3009")]
    [InlineData("cr3", "4096", "HL3009")]
    [InlineData("cr3", "68719181825", "HL3009")] // a process context
    [InlineData("interrupts.apic_base", "68719476736", "HL3009")] // an address of 37 bits
    [InlineData("sizes.hardware_interrupts", "false", "HL3004")] // Such snapshots are in upstream's format.
    public void A_config_of_a_64_bit_guest_that_lies_is_refused(string path, string json, string code)
    {
        Save("amd64-0.16", interrupts: true);
        TestSnapshots.ForgeConfig(_root.Path, config => SnapshotReaderTests.Set(config, path, json));

        Assert.Equal(code, Refused());
    }

    [Fact]
    public void Interrupt_controllers_of_a_guest_without_them_are_refused()
    {
        Save("i686-0.15");
        TestSnapshots.ForgeConfig(_root.Path, config => config["interrupts"] = JsonSerializer.SerializeToNode(
            TestSdkSnapshots.Interrupts, SnapshotJson.Default.SnapshotInterrupts));

        Assert.Equal("HL3002", Refused());
    }

    [Fact]
    public void Every_field_of_the_config_must_be_there_but_those_that_may_be_unknown()
    {
        string[] names = [];
        Save("i686-0.15", interrupts: true);
        TestSnapshots.ForgeConfig(_root.Path, config => names = [.. config.AsObject().Select(field => field.Key)]);
        Assert.Equal(24, names.Length);
        foreach (string name in names.Except(["guest_name", "image_digest", "entry_point"]))
        {
            Save("i686-0.15", interrupts: true);
            TestSnapshots.ForgeConfig(_root.Path, config => config.AsObject().Remove(name));

            Assert.Equal("HL3002", Refused());
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void What_was_saved_is_read(string layout, bool interrupts)
    {
        (MemoryMap map, byte[] tables) = Save(layout, interrupts, roots: 3);

        using SavedSnapshot saved = Read();

        SavedPagedMemory memory = Assert.IsType<SavedPagedMemory>(saved.Memory);
        Assert.Equal((map.SnapshotSize, map.PageTables.Gpa.Value, layout), (memory.Size, saved.Processor.Special.Cr3, saved.Map.Layout.Id));
        Assert.Equal(tables, memory.Tables.Read());
        Assert.Equal(
            ("test", 0x1234UL, 0x8000UL, 3UL, map.Sizes),
            (saved.GuestName, saved.CallEntry, saved.CallStack, saved.Generation, saved.Map.Sizes));
        Assert.Equal(interrupts ? TestSdkSnapshots.Interrupts.MasterPic : null, saved.Processor.Interrupts?.MasterPic);
        byte[] first = new byte[1];
        memory.File.Read(first, 0x10);
        Assert.Equal(0xAA, first[0]);
    }

    /// <summary>
    /// The digests were recorded when the format was made. If they change, snapshots that were saved earlier may not be readable.
    /// </summary>
    [Theory]
    [InlineData("i686-0.15", false, "79867115f6daab0fac4d2e1d53bd7ec4a8de156f70d9e6f18da85cc375ab8fa6")]
    [InlineData("i686-0.15", true, "54eda6c4b1667ea8afbc059cc10f07dcaf3e81da2d92aa3ce1a98a689ae0ed64")]
    [InlineData("amd64-0.16", true, "6feaebca760ac03086ae0acadaf231a97b744f4475e00566d7a9964c8ab8b940")]
    public void The_same_snapshot_has_the_same_bytes(string layout, bool interrupts, string digest)
    {
        MemoryMap map = Map(layout, interrupts);

        Assert.Equal("sha256:" + digest, TestSdkSnapshots.SavePaged(_root.Path, map, TestSdkSnapshots.Tables(map)));
    }

    /// <summary>Each row changes an entry of a table. The last value says whether the host can have written the entry.</summary>
    [Theory]
    [InlineData(Root, 0, TablesGpa + 0x1000 + Table, true)] // unchanged
    [InlineData(Root, 5, TablesGpa + 0x1000 + Table, true)] // the same table a second time
    [InlineData(Root, 5, 0x7000_0000 + Table - 1, true)] // not present
    [InlineData(Root, 0, 0, false)] // A table is not used.
    [InlineData(Root, 5, TablesGpa + Table, false)] // the root itself
    [InlineData(Root, 5, TablesGpa + 0x3000 + Table, false)] // behind the tables
    [InlineData(Root, 5, TablesGpa - 0x1000 + Table, false)] // before the tables, in a buffer
    [InlineData(Root, 5, 0x1000 + Table, false)] // memory of the image
    [InlineData(Root, 5, 0x7000_0000 + Table, false)] // no memory
    [InlineData(Root, 0, TablesGpa + 0x1000 + Table + 0x80, false)] // a page of 4 MiB
    [InlineData(Low, 9, 0x1000 + Page, true)]
    [InlineData(Low, 9, 0x7000 + Page, true)]
    [InlineData(Low, 9, TablesGpa + Page, true)] // scratch, with the tables
    [InlineData(Low, 9, 0xFEDF_F000 + Page, true)]
    [InlineData(Low, 9, 0x7000_0000 + Page - 1, true)] // not present
    [InlineData(Low, 9, 0x0000 + Page, false)]
    [InlineData(Low, 9, 0x8000 + Page, false)] // behind the memory
    [InlineData(Low, 9, 0xFEDB_7000 + Page, false)] // before scratch
    [InlineData(Low, 9, 0xFEE0_0000 + Page, false)] // behind scratch: the local APIC
    [InlineData(Low, 9, 0xFFFF_F000 + Page, false)]
    [InlineData(High, 1023, 0x7000_0000 + Page, false)]
    public void Tables_that_lead_elsewhere_are_HL3005(int table, int index, uint entry, bool isRead)
    {
        MemoryMap map = Map("i686-0.15", interrupts: false);
        byte[] tables = TestSdkSnapshots.Tables(map);
        BinaryPrimitives.WriteUInt32LittleEndian(tables.AsSpan((table * 0x1000) + (index * 4)), entry);
        TestSdkSnapshots.SavePaged(_root.Path, map, tables);

        Assert.Equal(isRead ? null : "HL3005", isRead ? Opened() : Refused());
        Assert.Equal(isRead ? null : "HL3005", isRead ? Opened() : Refused(verifyContent: false));
    }

    /// <summary>
    /// The snapshot has an empty table behind the others. Each row lists entries, one on each level, that lead to the table.
    /// </summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 2, 2)]
    [InlineData(false)] // The table is not used.
    [InlineData(false, 3)] // The table would map pages of memory.
    [InlineData(false, 0, 1)]
    [InlineData(false, 1, 2)]
    [InlineData(false, 2, 0)]
    public void A_table_is_reached_and_has_one_level(bool isRead, params int[] from)
    {
        MemoryMap map = Map("amd64-0.16", interrupts: true);
        byte[] tables = TestSdkSnapshots.Tables(map);
        ulong added = map.PageTables.Gpa.Value + (ulong)tables.Length + Table;
        foreach ((int number, int table) in from.Index())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(tables.AsSpan((table * 0x1000) + (8 * (100 + number))), added);
        }

        byte[] last = new byte[0x1000];
        int level = from.Length > 0 ? from[0] + 1 : 3;
        BinaryPrimitives.WriteUInt64LittleEndian(
            last, (level < 3 ? map.PageTables.Gpa.Value + ((ulong)(level + 1) * 0x1000) : map.Image.Gpa.Value) + Table);
        TestSdkSnapshots.SavePaged(_root.Path, map, [.. tables, .. last]);

        Assert.Equal(isRead ? null : "HL3005", isRead ? Opened() : Refused());
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void An_empty_table_is_no_root_and_no_other_table(string layout, bool interrupts)
    {
        (MemoryMap map, byte[] tables) = Save(layout, interrupts, roots: 2);
        int last = tables.Length - 0x1000;
        foreach (int table in (int[])[0, 0x1000, last])
        {
            TestSdkSnapshots.SavePaged(_root.Path, map, [.. tables[..table], .. new byte[0x1000], .. tables[(table + 0x1000)..]]);
            Assert.Equal("HL3005", Refused());
        }

        TestSdkSnapshots.SavePaged(_root.Path, map, new byte[tables.Length]);
        Assert.Equal("HL3005", Refused());
    }

    /// <summary>A sparse file of a few KiB claims 1.75 GiB of page tables.</summary>
    [Fact]
    public void More_tables_than_memory_and_roots_need_are_refused_before_there_is_room_for_them()
    {
        const ulong Tables = 0x7000_0000;
        MemoryMap map = MemoryMap.TryCreate(
            GuestLayouts.Amd64V17, new() { ScratchSize = 0x8000_0000, HardwareInterrupts = true }, 0x5000, null, new List<Finding>())!;
        SdkSnapshotConfig config = TestSdkSnapshots.Config(map) with { MemorySize = map.SnapshotSize, TablesSize = Tables };
        new SnapshotWriter(_root.Path).Write(TestSdkSnapshots.Tag, config with { TablesSize = 0x1000 }, sink => sink(0x10, [0xAA]));
        using (FileStream memory = File.OpenWrite(TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory)))
        {
            memory.SetLength((long)(map.SnapshotSize + Tables));
        }

        TestSnapshots.ForgeConfig(_root.Path, document => document["tables_size"] = Tables);
        TestSnapshots.ForgeManifest(_root.Path, manifest => manifest["layers"]![0]!["size"] = map.SnapshotSize + Tables);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("HL3005", Refused(verifyContent: false));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_guest_with_many_address_spaces_is_read()
    {
        MemoryMap map = MemoryMap.TryCreate(GuestLayouts.I686V15, new() { ScratchSize = 32 << 20 }, 0x5000, null, new List<Finding>())!;
        byte[] tables = TestSdkSnapshots.Tables(map, roots: 500);
        TestSdkSnapshots.SavePaged(_root.Path, map, tables);

        using SavedSnapshot saved = Read();

        Assert.Equal(tables, Assert.IsType<SavedPagedMemory>(saved.Memory).Tables.Read());
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void No_mutation_of_tables_gets_anything_but_a_coded_answer(string layout, bool interrupts)
    {
        (MemoryMap map, byte[] tables) = Save(layout, interrupts, roots: 2);
        string path = TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory);
        byte[] original = File.ReadAllBytes(path);
        Random random = new(1271);
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] mutant = [.. original];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutant[(int)map.SnapshotSize + random.Next(tables.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, mutant);
            try
            {
                Read(verifyContent: false).Dispose();
            }
            catch (HyperlightException failure)
            {
                Assert.Equal("HL3005", failure.Finding!.Rule.Code);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 999);
    }

    [Theory]
    [InlineData("layers", "[]", "HL3004")]
    [InlineData("layers", "[null]", "HL3002")]
    [InlineData("layers.0.mediaType", "\"application/vnd.hyperlight.sdk.snapshot.pages.v1\"", "HL3002")]
    [InlineData("layers.0.size", "4096", "HL3002")]
    [InlineData("layers.0.digest", "\"sha512:00\"", "HL3002")]
    [InlineData(
        "artifactType", "\"application/vnd.hyperlight.snapshot.config.v1+json\"", "HL3002")] // upstream's type, whose config differs
    [InlineData("config.mediaType", "\"application/vnd.hyperlight.snapshot.config.v1+json\"", "HL3002")]
    public void A_manifest_that_lies_is_refused(string path, string json, string code)
    {
        Save("i686-0.15", interrupts: true);
        TestSnapshots.ForgeManifest(_root.Path, manifest => SnapshotReaderTests.Set(manifest, path, json));

        Assert.Equal(code, Refused());
    }

    [Fact]
    public void A_second_layer_is_for_guests_without_page_tables()
    {
        Save("i686-0.15");
        TestSnapshots.ForgeManifest(_root.Path, manifest =>
        {
            JsonNode second = manifest["layers"]![0]!.DeepClone();
            second["mediaType"] = MediaTypes.Pages;
            manifest["layers"]!.AsArray().Add(second);
        });

        Assert.Equal("HL3002", Refused());
    }

    [Fact]
    public void A_changed_byte_of_memory_or_tables_is_HL3003_and_a_shorter_blob_HL3002()
    {
        (MemoryMap map, _) = Save("i686-0.15");
        string path = TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory);
        byte[] bytes = File.ReadAllBytes(path);
        foreach (int place in (int[])[0x10, (int)map.SnapshotSize + 0x2FFF])
        {
            File.WriteAllBytes(path, [.. bytes[..place], 0x55, .. bytes[(place + 1)..]]);
            Assert.Equal("HL3003", Refused());
        }

        File.WriteAllBytes(path, bytes[..^0x1000]);
        Assert.Equal("HL3002", Refused(verifyContent: false));
    }

    [Fact]
    public void No_mutation_of_the_documents_gets_anything_but_a_coded_answer()
    {
        Save("i686-0.15", interrupts: true);

        MutatedDocuments.AssertCoded(
            _root.Path, fileCount: 4, () => Read(verifyContent: false).Dispose(),
            untouched: TestSnapshots.BlobPath(_root.Path, MediaTypes.Memory));
    }

    /// <summary>Compares with the recorded config of an i686-0.15 guest with interrupts.</summary>
    [Fact]
    public void A_recorded_config_comes_out_as_it_went_in()
    {
        byte[] recorded = SnapshotDocumentTests.Vector("sdk-paged-config");
        MemoryMap map = Map("i686-0.15", interrupts: true);
        Save("i686-0.15", interrupts: true);

        Assert.Equal(
            Encoding.UTF8.GetString(recorded), File.ReadAllText(TestSnapshots.BlobPath(_root.Path, MediaTypes.SdkSnapshotConfig)));
        SdkSnapshotConfig config = JsonFields.Read(recorded, SdkSnapshotConfig.Read);
        Assert.Equal(
            (map.PageTables.Gpa.Value, map.SnapshotSize, map.PageTables.Size),
            (config.Cr3, config.MemorySize!.Value, config.TablesSize!.Value));
        Assert.Equal(TestSdkSnapshots.Interrupts.SlavePic, config.Interrupts!.SlavePic);
    }

    private static MemoryMap Map(string layout, bool interrupts) => TestSdkSnapshots.Map(GuestLayouts.Find(layout)!, interrupts);

    private (MemoryMap Map, byte[] Tables) Save(string layout, bool interrupts = false, int roots = 1)
    {
        MemoryMap map = Map(layout, interrupts);
        byte[] tables = TestSdkSnapshots.Tables(map, roots);
        TestSdkSnapshots.SavePaged(_root.Path, map, tables);
        return (map, tables);
    }

    private SavedSnapshot Read(bool verifyContent = true) =>
        TestSnapshots.Reader(_root.Path).Read(TestSdkSnapshots.Tag, verifyContent);

    private string? Opened()
    {
        Read().Dispose();
        return null;
    }

    private string Refused(bool verifyContent = true) => Assert.Throws<HyperlightException>(() => Read(verifyContent)).Finding!.Rule.Code;
}
