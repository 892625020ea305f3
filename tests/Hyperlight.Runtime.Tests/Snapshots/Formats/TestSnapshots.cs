using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Json;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>
/// Creates snapshots without a guest: upstream's recorded config with any memory. The methods that forge a document update every digest.
/// </summary>
internal static class TestSnapshots
{
    public const string Tag = "ready";

    /// <summary>The computer on which the config was recorded.</summary>
    public static MachineIdentity Machine { get; } = new("x86_64", CpuVendor.Amd);

    /// <summary>The name of the hypervisor on which the config was recorded.</summary>
    public const string Hypervisor = "kvm";

    public static SnapshotConfig Config =>
        JsonFields.Read(SnapshotDocumentTests.Vector("config"), SnapshotConfig.Read);

    /// <summary>The config as upstream writes it after v0.16.0.</summary>
    public static SnapshotConfig ConfigOfAbi2 =>
        Config with { AbiVersion = 2, OriginalEntrypointAddr = 0x4010, Msrs = [new(0xC000_0102, 0)] };

    public static string Save(string directory, string tag = Tag, byte content = 0xAA, SnapshotConfig? config = null) =>
        new SnapshotWriter(directory).Write(
            tag, config ?? Config, new() { GuestName = "test", HeapSize = 1 << 20 }, sink => sink(0x10, [content, content]));

    public static (SavedSnapshot Snapshot, byte First) Load(string directory, string reference = Tag, bool verifyContent = true)
    {
        using SavedSnapshot snapshot = Reader(directory).Read(reference, verifyContent);
        Span<byte> first = stackalloc byte[1];
        ((SavedPagedMemory)snapshot.Memory).File.Read(first, 0x10);
        return (snapshot, first[0]);
    }

    /// <summary>Creates a reader on a computer like the one on which the config was recorded.</summary>
    public static SnapshotReader Reader(string directory, string hypervisor = Hypervisor) => new(directory, Machine, hypervisor);

    public static void ForgeConfig(string directory, Action<JsonNode> change) => ForgeManifest(directory, manifest =>
        (manifest["config"]!["digest"], manifest["config"]!["size"]) = Store(directory, Change(directory, manifest["config"]!, change)));

    public static void ForgeManifest(string directory, Action<JsonNode> change) => ForgeIndex(directory, index =>
        (index["manifests"]![0]!["digest"], index["manifests"]![0]!["size"]) = Store(
            directory, Change(directory, index["manifests"]![0]!, change)));

    public static void ForgeIndex(string directory, Action<JsonNode> change)
    {
        string path = Path.Combine(directory, OciLayout.IndexFile);
        JsonNode index = JsonNode.Parse(File.ReadAllText(path))!;
        change(index);
        File.WriteAllText(path, index.ToJsonString());
    }

    public static string BlobPath(string directory, string mediaType)
    {
        JsonNode index = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, OciLayout.IndexFile)))!;
        string manifest = Path.Combine(OciLayout.BlobDirectory(directory), ((string)index["manifests"]![0]!["digest"]!)[7..]);
        JsonNode document = JsonNode.Parse(File.ReadAllText(manifest))!;
        return mediaType switch
        {
            OciLayout.ManifestMediaType => manifest,
            MediaTypes.Memory =>
                Path.Combine(OciLayout.BlobDirectory(directory), ((string)document["layers"]![0]!["digest"]!)[7..]),
            _ => Path.Combine(OciLayout.BlobDirectory(directory), ((string)document["config"]!["digest"]!)[7..]),
        };
    }

    private static JsonNode Change(string directory, JsonNode descriptor, Action<JsonNode> change)
    {
        JsonNode document = JsonNode.Parse(File.ReadAllText(
            Path.Combine(OciLayout.BlobDirectory(directory), ((string)descriptor["digest"]!)[7..])))!;
        change(document);
        return document;
    }

    private static (string Digest, int Size) Store(string directory, JsonNode document)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(document.ToJsonString());
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(OciLayout.BlobDirectory(directory), hash), bytes);
        return ("sha256:" + hash, bytes.Length);
    }
}
