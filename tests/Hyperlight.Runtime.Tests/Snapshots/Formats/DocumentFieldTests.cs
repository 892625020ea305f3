using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Hyperlight.Image.Tests.Images;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Removes, empties and changes every field of every document: the reader accepts the document or reports a coded error.</summary>
public sealed class DocumentFieldTests : IDisposable
{
    // The optional fields and why they are optional.
    private static readonly Dictionary<string, string> Optional = new()
    {
        ["OciIndex.mediaType"] = "OCI says SHOULD",
        ["OciManifest.mediaType"] = "OCI says SHOULD",
        ["OciManifest.artifactType"] = "other artifacts have none; ours are compared with what they must be",
        ["OciManifest.annotations"] = "OCI says OPTIONAL",
        ["OciDescriptor.annotations"] = "OCI says OPTIONAL",
        ["ImageConfig.guest_build_id"] = "not every linker writes one",
        ["GuestSizes.hardware_interrupts"] = "written where there are some; without, the bytes are those of before there were any",
        ["SnapshotConfig.original_entrypoint_addr"] = "upstream's ABI version 2 only, which the reader checks",
        ["SnapshotConfig.msrs"] = "upstream's ABI version 2 only, which the reader checks",
        ["SnapshotLayout.init_data_permissions"] = "upstream's value may be null",
        ["SnapshotLayout.pt_size"] = "upstream's value may be null; the reader wants one",
        ["SdkSnapshotConfig.stored"] = "without paging, which the reader checks",
        ["SdkSnapshotConfig.page_count"] = "without paging, which the reader checks",
        ["SdkSnapshotConfig.memory_size"] = "with paging, which the reader checks",
        ["SdkSnapshotConfig.tables_size"] = "with paging, which the reader checks",
        ["SdkSnapshotConfig.interrupts"] = "with interrupts, which the reader checks",
        ["SdkSnapshotConfig.guest_name"] = "may be unknown",
        ["SdkSnapshotConfig.image_digest"] = "may be unknown",
        ["SdkSnapshotConfig.entry_point"] = "may be unknown",
    };

    private static readonly string[] Segments = ["sregs.ds", "sregs.es", "sregs.fs", "sregs.gs", "sregs.ss", "sregs.tr"];

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Every_field_of_every_document_is_required_but_those_that_a_reason_stands_for()
    {
        HashSet<Type> seen = [];
        List<string> lax = [];
        foreach (JsonSerializerContext documents in (JsonSerializerContext[])[OciJson.Default, ImageJson.Default, SnapshotJson.Default])
        {
            foreach (PropertyInfo document in documents.GetType().GetProperties().Where(
                property => property.PropertyType.IsAssignableTo(typeof(JsonTypeInfo))))
            {
                Visit(((JsonTypeInfo)document.GetValue(documents)!).Type, seen, lax);
            }
        }

        Assert.InRange(seen.Count, 15, 60);
        Assert.Equal(Optional.Keys.Order(StringComparer.Ordinal), lax.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("image")]
    [InlineData("upstream's snapshot")]
    [InlineData("our snapshot with page tables and interrupts")]
    [InlineData("our snapshot without page tables")]
    public void Whatever_a_field_has_instead_of_its_value_is_answered_with_a_code(string kind)
    {
        Action open = Make(kind);
        open();
        Dictionary<string, byte[]> files = Directory.GetFiles(_root.Path, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).ToDictionary(path => path, File.ReadAllBytes);
        int refusedCount = 0;
        foreach ((string path, byte[] original) in files.Where(file => file.Value[0] == '{'))
        {
            foreach (string place in Places(JsonNode.Parse(original)!))
            {
                foreach (string? value in Replacements)
                {
                    byte[] mutant = Encoding.UTF8.GetBytes(Replace(original, place, value));
                    MutatedDocuments.Put(files, path, mutant);
                    try
                    {
                        open();
                        Assert.False(value is null && IsRequired(place), $"{path}: a document without {place} is accepted");
                    }
                    catch (HyperlightException refused)
                    {
                        refusedCount++;
                        Assert.Matches("^HL3...$", refused.Finding?.Rule.Code);
                        Assert.InRange(refused.Message.Length, 1, 2500);
                        Assert.DoesNotContain(refused.Message, char.IsControl);
                    }
                    catch (Exception other) when (other is not Xunit.Sdk.XunitException)
                    {
                        Assert.Fail($"{Path.GetFileName(path)}: {place} = {value?[..Math.Min(50, value.Length)]}: {other}");
                    }
                }
            }

            foreach ((string name, byte[] bytes) in files)
            {
                File.WriteAllBytes(name, bytes);
            }
        }

        Assert.InRange(refusedCount, 50, int.MaxValue);
        open();
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("\u001b[2Jx")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("grüße")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_name_that_no_build_takes_is_no_images_name(string name)
    {
        ImageWriter.Write(_root.Path, new(
            TestImages.Create(GuestLayouts.Amd64V16).Config with { GuestName = name }, TestImages.Create(GuestLayouts.Amd64V16).Pieces));

        HyperlightException refused = Assert.Throws<HyperlightException>(() => GuestImage.Open(_root.Path));

        Assert.Equal(Rules.ImageMalformed, refused.Finding?.Rule);
        Assert.Contains("guest_name", refused.Message, StringComparison.Ordinal);
    }

    // The replacement null removes the field.
    private static IEnumerable<string?> Replacements =>
    [
        null, "null", "-1", "[null]", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}",
        $"\"\\u001b[2J\\n{new string('x', 20_000)}\"", $"[{string.Join(',', Enumerable.Repeat("null", 5_000))}]", "\"\\ud800\"",
        "18446744073709551616",
    ];

    private static bool IsRequired(string place) =>
        !place.EndsWith(']')
            && !place.StartsWith("annotations", StringComparison.Ordinal)
            && !place.Contains(".annotations", StringComparison.Ordinal)
            && !Optional.Keys.Any(key => key.EndsWith("." + place.Split('.')[^1], StringComparison.Ordinal));

    private static void Visit(Type type, HashSet<Type> seen, List<string> lax)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        JsonTypeInfo? known =
            OciJson.Default.GetTypeInfo(type) ?? ImageJson.Default.GetTypeInfo(type) ?? SnapshotJson.Default.GetTypeInfo(type);
        if (!seen.Add(type) || known is not { } info)
        {
            return;
        }

        foreach (Type element in type.IsGenericType ? type.GetGenericArguments() : [])
        {
            Visit(element, seen, lax);
        }

        foreach (JsonPropertyInfo property in info.Properties.Where(property => !property.IsExtensionData))
        {
            if (!property.IsRequired && (property.Set is not null || property.AssociatedParameter is not null))
            {
                lax.Add($"{type.Name}.{property.Name}");
            }

            Visit(property.PropertyType, seen, lax);
        }
    }

    /// <summary>Gets the paths of all fields and elements.</summary>
    private static IEnumerable<string> Places(JsonNode node, string prefix = "")
    {
        IEnumerable<(string Name, JsonNode? Value)> children = node switch
        {
            JsonObject parent => parent.Select(field => ($"{prefix}{(prefix.Length > 0 ? "." : "")}{field.Key}", field.Value)),
            JsonArray parent => parent.Take(1).Select((element, i) => ($"{prefix}[{i}]", element)),
            _ => [],
        };
        foreach ((string name, JsonNode? value) in children)
        {
            // Names of annotations contain dots. One segment register stands for all.
            if (!Segments.Contains(name, StringComparer.Ordinal) && !name.Contains("annotations.", StringComparison.Ordinal))
            {
                yield return name;
                foreach (string below in value is null ? [] : Places(value, name))
                {
                    yield return below;
                }
            }
        }
    }

    private static string Replace(byte[] json, string place, string? value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        string[] names = place.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
        JsonNode parent = names[..^1].Aggregate(root, (node, name) => Child(node, name)!);
        const string Mark = "\"@@\"";
        if (parent is JsonArray array)
        {
            int index = int.Parse(names[^1].Trim('[', ']'), null);
            if (value is null)
            {
                array.RemoveAt(index);
            }
            else
            {
                array[index] = "@@";
            }
        }
        else if (value is null)
        {
            parent.AsObject().Remove(names[^1]);
        }
        else
        {
            parent[names[^1]] = "@@";
        }

        return root.ToJsonString().Replace(Mark, value, StringComparison.Ordinal);
    }

    private static JsonNode? Child(JsonNode node, string name) => name[0] == '[' ? node[int.Parse(name.Trim('[', ']'), null)] : node[name];

    private Action Make(string kind)
    {
        SnapshotHostFunction[] functions = [new("Now", ["string", "int"], "void")];
        switch (kind)
        {
            case "image":
                ImageWriter.Write(_root.Path, TestImages.Create(GuestLayouts.I686V13));
                return () => GuestImage.Open(_root.Path, options => options.VerifyContent = false).Dispose();
            case "upstream's snapshot":
                TestSnapshots.Save(_root.Path, config: TestSnapshots.ConfigOfAbi2 with { HostFunctions = [.. functions] });
                break;
            case "our snapshot with page tables and interrupts":
                MemoryMap paged = TestSdkSnapshots.Map(GuestLayouts.Amd64V17, interrupts: true);
                TestSdkSnapshots.SavePaged(_root.Path, paged, TestSdkSnapshots.Tables(paged));
                break;
            default:
                MemoryMap map = TestSdkSnapshots.Map(GuestLayouts.I686V13);
                SdkSnapshotConfig config = TestSdkSnapshots.Config(map) with
                {
                    Stored = [new(0, 0x6000), new(0x10000, 0x1000)],
                    PageCount = 1,
                    HostFunctions = [.. functions],
                    Msrs = [new(0x10, 5)],
                    AllowedMsrs = [0x10],
                };
                new SnapshotWriter(_root.Path).Write(
                    TestSnapshots.Tag, config, sink => sink(0x10, [0xAA]), sink => sink(0, PageIndex.Write([0x1000])));
                break;
        }

        return () => TestSnapshots.Reader(_root.Path).Read(TestSnapshots.Tag, verifyContent: false).Dispose();
    }
}
