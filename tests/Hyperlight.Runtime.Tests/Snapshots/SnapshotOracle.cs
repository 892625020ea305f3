using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Reads a saved snapshot strictly by its documented schema (amd64 sheet, section 8) and shares no code with the reader. It checks the
/// fields, their order and types, every size and digest, and that page tables stay inside the snapshot.
/// </summary>
internal sealed class SnapshotOracle
{
    private const ulong Page = 4096;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong ScratchEnd = 0x10_0000_0000;

    private static readonly string[] Types = ["int", "u_int", "long", "u_long", "float", "double", "string", "bool", "vec_bytes"];
    private static readonly string[] SegmentFields =
        ["base", "limit", "selector", "type_", "present", "dpl", "db", "s", "l", "g", "avl", "unusable", "padding"];
    private static readonly string[] LayoutFields =
        ["input_data_size", "output_data_size", "heap_size", "code_size", "init_data_size", "init_data_permissions", "scratch_size",
            "snapshot_size", "pt_size"];

    private readonly string _directory;

    private SnapshotOracle(string directory) => _directory = directory;

    public JsonElement Config { get; private set; }

    public Dictionary<string, string> Annotations { get; } = [];

    public byte[] Blob { get; private set; } = [];

    public ulong Base => Config.GetProperty("abi_version").GetUInt32() == 1 ? 0x1000UL : 0x4000;

    public ulong Size(string name) => Config.GetProperty("layout").GetProperty(name).GetUInt64();

    public static SnapshotOracle Read(string directory, string tag)
    {
        SnapshotOracle oracle = new(directory);
        Assert.Equal("{\"imageLayoutVersion\":\"1.0.0\"}", File.ReadAllText(Path.Combine(directory, "oci-layout")));
        JsonElement index = Parse(File.ReadAllBytes(Path.Combine(directory, "index.json")));
        AssertFields(index, "schemaVersion", "mediaType", "manifests");
        Assert.Equal(
            (2, "application/vnd.oci.image.index.v1+json"), (index.GetProperty("schemaVersion").GetInt32(), Text(index, "mediaType")));
        JsonElement tagged = Assert.Single(
            index.GetProperty("manifests").EnumerateArray(),
            item => Text(item.GetProperty("annotations"), "org.opencontainers.image.ref.name") == tag);
        AssertFields(tagged, "mediaType", "digest", "size", "annotations");

        JsonElement manifest = Parse(oracle.ReadBlob(tagged, "application/vnd.oci.image.manifest.v1+json"));
        AssertFields(manifest, "schemaVersion", "mediaType", "artifactType", "config", "layers", "annotations");
        Assert.Equal(
            (2, "application/vnd.oci.image.manifest.v1+json"),
            (manifest.GetProperty("schemaVersion").GetInt32(), Text(manifest, "mediaType")));
        Assert.Equal("application/vnd.hyperlight.snapshot.config.v1+json", Text(manifest, "artifactType"));
        foreach (JsonProperty annotation in manifest.GetProperty("annotations").EnumerateObject())
        {
            oracle.Annotations.Add(annotation.Name, annotation.Value.GetString()!);
        }

        AssertFields(manifest.GetProperty("config"), "mediaType", "digest", "size");
        oracle.Config = Parse(oracle.ReadBlob(manifest.GetProperty("config"), Text(manifest, "artifactType")));
        CheckConfig(oracle.Config);
        JsonElement layer = Assert.Single(manifest.GetProperty("layers").EnumerateArray());
        AssertFields(layer, "mediaType", "digest", "size");
        oracle.Blob = oracle.ReadBlob(layer, "application/vnd.hyperlight.snapshot.memory.v1");

        JsonElement labels = tagged.GetProperty("annotations");
        AssertFields(
            labels, "org.opencontainers.image.ref.name", "dev.hyperlight.snapshot.arch", "dev.hyperlight.snapshot.hypervisor",
            "dev.hyperlight.snapshot.cpu.vendor");
        Assert.Equal(
            (Text(oracle.Config, "arch"), Text(oracle.Config, "hypervisor"), Text(oracle.Config, "cpu_vendor")),
            (Text(labels, "dev.hyperlight.snapshot.arch"), Text(labels, "dev.hyperlight.snapshot.hypervisor"), Text(
                labels, "dev.hyperlight.snapshot.cpu.vendor")));
        oracle.CheckSizes();
        oracle.CheckTables();
        return oracle;
    }

    /// <summary>Checks the fields of a config, their order and their types.</summary>
    public static void CheckConfig(JsonElement config)
    {
        bool second = config.GetProperty("abi_version").GetUInt32() == 2;
        AssertFields(
            config,
            [
                "hyperlight_version", "arch", "abi_version", "hypervisor", "cpu_vendor", "stack_top_gva", "entrypoint_addr",
                .. second ? ["original_entrypoint_addr"] : Array.Empty<string>(),
                "sregs",
                .. second ? ["msrs"] : Array.Empty<string>(),
                "layout", "memory_size", "host_functions", "snapshot_generation",
            ]);
        Assert.True(Text(config, "arch") is "x86_64" or "aarch64");
        Assert.True(Text(config, "hypervisor") is "kvm" or "mshv" or "whp" or "hvf");
        Assert.Equal(12, Text(config, "cpu_vendor").Length);
        AssertNumbers(config, "stack_top_gva", "entrypoint_addr", "memory_size", "snapshot_generation");

        JsonElement registers = config.GetProperty("sregs");
        string[] segments = ["cs", "ds", "es", "fs", "gs", "ss", "tr", "ldt"];
        string[] numbers = ["cr0", "cr2", "cr4", "cr8", "efer", "apic_base"];
        AssertFields(registers, [.. segments, "gdt", "idt", .. numbers, "interrupt_bitmap"]);
        AssertNumbers(registers, numbers);
        foreach (JsonElement segment in segments.Select(registers.GetProperty))
        {
            AssertFields(segment, SegmentFields);
            AssertNumbers(segment, "base");
            Assert.True(segment.GetProperty("limit").TryGetUInt32(out _) && segment.GetProperty("selector").TryGetUInt16(out _));
            Assert.All(SegmentFields[3..], name => Assert.True(segment.GetProperty(name).TryGetByte(out _)));
        }

        foreach (JsonElement table in new[] { registers.GetProperty("gdt"), registers.GetProperty("idt") })
        {
            AssertFields(table, "base", "limit");
            Assert.True(table.GetProperty("base").TryGetUInt64(out _) && table.GetProperty("limit").TryGetUInt16(out _));
        }

        Assert.Equal(4, registers.GetProperty("interrupt_bitmap").EnumerateArray().Count(word => word.TryGetUInt64(out _)));
        if (second)
        {
            AssertNumbers(config, "original_entrypoint_addr");
            Assert.All(config.GetProperty("msrs").EnumerateArray(), register =>
            {
                AssertFields(register, "index", "value");
                Assert.True(register.GetProperty("index").TryGetUInt32(out _) && register.GetProperty("value").TryGetUInt64(out _));
            });
        }

        JsonElement layout = config.GetProperty("layout");
        AssertFields(layout, LayoutFields);
        AssertNumbers(layout, [.. LayoutFields.Where(name => name != "init_data_permissions")]);
        Assert.True(
            layout.GetProperty("init_data_permissions") is { ValueKind: JsonValueKind.Null } or { ValueKind: JsonValueKind.Number });
        Assert.All(config.GetProperty("host_functions").EnumerateArray(), function =>
        {
            AssertFields(function, "function_name", "parameter_types", "return_type");
            Assert.NotEmpty(Text(function, "function_name"));
            Assert.All(function.GetProperty("parameter_types").EnumerateArray(), type => Assert.Contains(type.GetString(), Types));
            Assert.Contains(Text(function, "return_type"), Types.Append("void"));
        });
    }

    /// <summary>Reads a JSON document.</summary>
    public static JsonElement Parse(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
        return document.RootElement.Clone();
    }

    /// <summary>Checks upstream's rules for sizes and addresses (section 8.5, steps 6 and 8).</summary>
    private void CheckSizes()
    {
        ulong memory = Config.GetProperty("memory_size").GetUInt64();
        Assert.Equal((ulong)Blob.Length, memory);
        Assert.Equal(memory, Size("snapshot_size") + Size("pt_size"));
        Assert.Equal(0UL, (Size("snapshot_size") | Size("pt_size") | Size("scratch_size")) % Page);
        Assert.NotEqual(0UL, Size("heap_size")); // With 0 upstream would use its default.
        Assert.InRange(
            Size("snapshot_size"),
            RoundUp(Size("code_size")) + Page + RoundUp(Size("heap_size")) + RoundUp(Size("init_data_size")),
            ulong.MaxValue);
        Assert.InRange(
            Size("scratch_size"),
            RoundUp(Size("input_data_size") + Size("output_data_size")) + (12 * Page) + Size("pt_size"),
            ulong.MaxValue);
        Assert.InRange(Config.GetProperty("entrypoint_addr").GetUInt64(), Base, Base + RoundUp(Size("code_size")) - 1);
        ulong stack = Config.GetProperty("stack_top_gva").GetUInt64();
        Assert.True(stack is > 0 and <= 0xFFFF_FFFF_FFFF_EFFF && stack % 16 == 0);
    }

    /// <summary>
    /// Checks that every table is in the tail and used once, that every page is in the blob or in scratch, and that all of scratch is
    /// mapped.
    /// </summary>
    private void CheckTables()
    {
        ulong scratch = ScratchEnd - Size("scratch_size");
        ulong tables = scratch + RoundUp(Size("input_data_size") + Size("output_data_size"));
        HashSet<ulong> seen = [];
        ulong scratchPages = 0;
        void Walk(ulong table, int shift, ulong gva)
        {
            Assert.True(table >= tables && table - tables < Size("pt_size"), $"a table at 0x{table:X}");
            Assert.True(seen.Add(table));
            for (int i = 0; i < 512; i++)
            {
                ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(Blob.AsSpan((int)(Size("snapshot_size") + table - tables) + (i * 8)));
                if (entry == 0)
                {
                    continue;
                }

                ulong address = gva | ((ulong)i << shift);
                address = shift == 39 && i >= 256 ? address | 0xFFFF_0000_0000_0000 : address;
                ulong target = entry & AddressMask;
                if (shift > 12)
                {
                    Assert.Equal(0x23UL, entry & ~AddressMask);
                    Walk(target, shift - 9, address);
                    continue;
                }

                bool isScratch = address >= 0xFFFF_FFFF_FFFF_F000 - Size("scratch_size");
                scratchPages += isScratch ? 1UL : 0;
                ulong bits = entry & ~AddressMask & ~(1UL << 63);
                Assert.True(isScratch
                    ? bits == 0x63
                    : bits is 0x61 or 0x261,
                    $"0x{address:X} has 0x{entry:X}"); // Only scratch is writable. All other pages are read-only or copy-on-write.
                Assert.True(
                    isScratch
                        ? target - scratch == address - (0xFFFF_FFFF_FFFF_F000 - Size("scratch_size"))
                        : target >= Base && target - Base < Size("snapshot_size"),
                    $"0x{address:X} is mapped to 0x{target:X}");
            }
        }

        Walk(tables, 39, 0);
        Assert.Equal(Size("pt_size") / Page, (ulong)seen.Count);
        Assert.Equal(Size("scratch_size") / Page, scratchPages);
    }

    private byte[] ReadBlob(JsonElement descriptor, string mediaType)
    {
        Assert.Equal(mediaType, Text(descriptor, "mediaType"));
        string digest = Text(descriptor, "digest");
        byte[] bytes = File.ReadAllBytes(Path.Combine(_directory, "blobs", "sha256", digest["sha256:".Length..]));
        Assert.Equal(digest, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(bytes.LongLength, descriptor.GetProperty("size").GetInt64());
        return bytes;
    }

    private static ulong RoundUp(ulong size) => (size + Page - 1) / Page * Page;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static void AssertFields(JsonElement element, params string[] names) =>
        Assert.Equal(names, element.EnumerateObject().Select(property => property.Name));

    private static void AssertNumbers(JsonElement element, params string[] names) =>
        Assert.All(names, name => Assert.True(element.GetProperty(name).TryGetUInt64(out _), name));
}
