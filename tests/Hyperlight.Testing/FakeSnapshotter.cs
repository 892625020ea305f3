using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Hyperlight.Testing;

/// <summary>
/// A shell script that takes the place of Hyperlight.Snapshotter: it does what a test writes into it, needs no hypervisor, and counts its
/// starts. In the script <c>$1</c> is the image.
/// </summary>
public sealed class FakeSnapshotter : IDisposable
{
    private const string TagKey = "org.opencontainers.image.ref.name";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hyperlight-fake-");

    /// <summary>The path of the script that takes the place of the program <c>dotnet</c>.</summary>
    public static string DotNetHost { get; } = Path.Combine(AppContext.BaseDirectory, "fake-dotnet.sh");

    /// <summary>The path of the script.</summary>
    public string Script => Path.Combine(_folder.FullName, "snapshotter.sh");

    /// <summary>The number of times the script was started.</summary>
    public int Starts => File.Exists(PathOf("starts")) ? File.ReadAllLines(PathOf("starts")).Length : 0;

    /// <summary>The arguments of the last start.</summary>
    public string Arguments => File.ReadAllLines(PathOf("starts"))[^1];

    /// <summary>Gets the path of a file in the script's folder.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes the script.</summary>
    public void Write(string script) => File.WriteAllText(Script, $"echo \"$*\" >> '{PathOf("starts")}'\n{script}\n");

    /// <summary>
    /// Writes a script that adds a manifest with the tag <c>snapshot</c>, and a blob that the manifest names, to the image.
    /// </summary>
    /// <returns>The digest of the manifest, 64 hexadecimal digits.</returns>
    public string WriteTaking(string image, string content = "memory")
    {
        string blobs = PathOf("prepared/blobs/sha256");
        if (Directory.Exists(blobs))
        {
            Directory.Delete(blobs, recursive: true);
        }

        Directory.CreateDirectory(blobs);
        string memory = WriteBlob(blobs, content);
        string manifest = WriteBlob(blobs, $$"""
            {
              "schemaVersion": 2,
              "config": { "mediaType": "application/x-test", "digest": "sha256:{{memory}}", "size": {{content.Length}} },
              "layers": []
            }
            """);
        JsonNode index = JsonNode.Parse(File.ReadAllText(Path.Combine(image, "index.json")))!;
        JsonArray manifests = index["manifests"]!.AsArray();
        while (manifests.Count > 1)
        {
            manifests.RemoveAt(1);
        }

        manifests.Add(new JsonObject
        {
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["digest"] = "sha256:" + manifest,
            ["size"] = new FileInfo(Path.Combine(blobs, manifest)).Length,
            ["annotations"] = new JsonObject { [TagKey] = "snapshot" },
        });
        File.WriteAllText(PathOf("prepared/index.json"), index.ToJsonString());
        Write($"""cp -R '{PathOf("prepared")}/.' "$1" """);
        return manifest;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static string WriteBlob(string blobs, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        string digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(blobs, digest), bytes);
        return digest;
    }
}
