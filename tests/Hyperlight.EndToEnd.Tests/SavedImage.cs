using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Changes the files of an image with a snapshot.</summary>
internal sealed class SavedImage(string directory)
{
    /// <summary>The processor vendor that the snapshot is bound to.</summary>
    public string CpuVendor { get; } =
        (string)Snapshot(JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "index.json")))!)["annotations"]![
            "dev.hyperlight.snapshot.cpu.vendor"]!;

    /// <summary>Changes the config of the snapshot and updates every digest that depends on it.</summary>
    public void ReplaceSnapshotConfig(Func<string, string> change)
    {
        JsonNode index = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "index.json")))!;
        JsonNode tagged = Snapshot(index);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(BlobPath(tagged)))!;
        WriteBlob(manifest["config"]!, change(File.ReadAllText(BlobPath(manifest["config"]!))));
        WriteBlob(tagged, manifest.ToJsonString());
        File.WriteAllText(Path.Combine(directory, "index.json"), index.ToJsonString());
    }

    /// <summary>Changes one byte of the snapshot's memory.</summary>
    public void DamageSnapshotMemory()
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(
            BlobPath(Snapshot(JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "index.json")))!))))!;
        using FileStream memory = new(BlobPath(manifest["layers"]![0]!), FileMode.Open, FileAccess.ReadWrite);
        memory.Position = 4096;
        int value = memory.ReadByte();
        memory.Position = 4096;
        memory.WriteByte((byte)(value ^ 1));
    }

    private static JsonNode Snapshot(JsonNode index) =>
        index["manifests"]!.AsArray()
            .Single(manifest => (string?)manifest!["annotations"]!["org.opencontainers.image.ref.name"] == "snapshot")!;

    private string BlobPath(JsonNode descriptor) =>
        Path.Combine(directory, "blobs", "sha256", ((string)descriptor["digest"]!)["sha256:".Length..]);

    private void WriteBlob(JsonNode descriptor, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        descriptor["digest"] = "sha256:" + digest;
        descriptor["size"] = bytes.Length;
        File.WriteAllBytes(Path.Combine(directory, "blobs", "sha256", digest), bytes);
    }
}
