using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hyperlight.Json;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Tests the documents of a snapshot that upstream v0.16.0 saved.</summary>
public sealed class SnapshotDocumentTests
{
    [Fact]
    public void Upstreams_documents_come_out_as_they_went_in()
    {
        Assert.Multiple(
            () => RoundTrip("config", SnapshotConfig.Read, SnapshotJson.Default.SnapshotConfig),
            () => RoundTrip("manifest", OciManifest.Read, OciJson.Default.OciManifest),
            () => RoundTrip("index", OciIndex.Read, OciJson.Default.OciIndex));
    }

    [Fact]
    public void Upstreams_config_means_what_it_says()
    {
        SnapshotConfig config = JsonFields.Read(Vector("config"), SnapshotConfig.Read);

        Assert.Equal(("x86_64", 1u, "kvm", "AuthenticAMD"), (config.Arch, config.AbiVersion, config.Hypervisor, config.CpuVendor));
        Assert.Equal((0xFFFF_FF00_0000_0000UL, 209452UL), (config.StackTopGva, config.EntrypointAddr));
        Assert.Equal((0xFFFF_FD00_0000_0000UL, (ushort)39), (config.Sregs.Gdt.Base, config.Sregs.Gdt.Limit));
        Assert.Equal((0x8005_0033UL, 0x620UL, 0xD01UL), (config.Sregs.Cr0, config.Sregs.Cr4, config.Sregs.Efer));
        Assert.Equal((11, 1, 24), (config.Sregs.Tr.Type, config.Sregs.Cs.L, config.Sregs.Tr.Selector));
        Assert.Equal((536_576UL, 53_248UL, 589_824UL), (config.Layout.SnapshotSize, config.Layout.PtSize!.Value, config.MemorySize));
        SnapshotHostFunction function = Assert.Single(config.HostFunctions);
        Assert.Equal(("HostPrint", "string", "int"), (function.FunctionName, Assert.Single(function.ParameterTypes), function.ReturnType));
    }

    [Fact]
    public void What_upstream_has_no_field_for_survives_as_annotations()
    {
        SnapshotAnnotations annotations = new()
        {
            GuestName = "hé 😀",
            HeapSize = 64 << 20,
            ExtendedControl = 7,
            Msrs = [new(0xC000_0102, ulong.MaxValue), new(0x10, 0)],
            AllowedMsrs = [0x10, 0x174],
            ImageDigest = "sha256:" + new string('a', 64),
            HasNeutralRegisters = true,
        };

        SnapshotAnnotations read = SnapshotAnnotations.Read(annotations.ToDictionary());

        Assert.Equal(annotations.Msrs.AsEnumerable(), read.Msrs);
        Assert.Equal(annotations.AllowedMsrs.Value.AsEnumerable(), read.AllowedMsrs!.Value);
        Assert.Equal(annotations with { Msrs = read.Msrs, AllowedMsrs = read.AllowedMsrs }, read);
        Assert.Equal(new SnapshotAnnotations(), SnapshotAnnotations.Read(null));
    }

    [Theory]
    [InlineData("guest.name", "")]
    [InlineData("guest.name", "two\nlines")]
    [InlineData("heap.size", "-1")]
    [InlineData("heap.size", "0x1000")]
    [InlineData("heap.size", "18446744073709551616")]
    [InlineData("xcr0", "7")]
    [InlineData("xcr0", "0x6")]
    [InlineData("xcr0", "0x5")]
    [InlineData("msrs", "0x10")]
    [InlineData("msrs", "0x10=0x0=0x0")]
    [InlineData("msrs", "0x100000000=0x0")]
    [InlineData("msrs", "0x10=-1")]
    [InlineData("msrs.allowed", "16")]
    [InlineData("initial", "sha256:../../etc/passwd")]
    [InlineData("registers", "of kvm")]
    public void An_annotation_that_makes_no_sense_is_named(string key, string value)
    {
        FormatException failure = Assert.Throws<FormatException>(
            () => SnapshotAnnotations.Read(new Dictionary<string, string?> { ["dev.hyperlight.sdk." + key] = value }));

        Assert.Contains("dev.hyperlight.sdk." + key, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_without_end_is_no_list()
    {
        string many = string.Concat(Enumerable.Repeat("0x10=0x0 ", SnapshotAnnotations.MaxMsrs + 1));

        Assert.Throws<FormatException>(
            () => SnapshotAnnotations.Read(new Dictionary<string, string?> { ["dev.hyperlight.sdk.msrs"] = many }));
    }

    internal static byte[] Vector(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", $"snapshot-{name}.json"));

    private static void RoundTrip<T>(string name, Func<JsonFields, T> read, JsonTypeInfo<T> type)
    {
        byte[] recorded = Vector(name);
        using MemoryStream written = new();
        using (Utf8JsonWriter writer = new(
            written, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            JsonSerializer.Serialize(writer, JsonFields.Read(recorded, read), type);
        }

        Assert.Equal(System.Text.Encoding.UTF8.GetString(recorded).TrimEnd(), System.Text.Encoding.UTF8.GetString(written.ToArray()));
    }
}
