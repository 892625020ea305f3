using System.Diagnostics;
using System.Security.Cryptography;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Tests the compiled files of the kit, which the package for guests in C# contains.</summary>
public sealed class KitObjectsTests : IDisposable
{
    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-objects-");

    public void Dispose() => _output.Delete(recursive: true);

    [Fact]
    public void Objects_of_the_kit_have_the_same_bytes_in_every_folder()
    {
        Assert.SkipWhen(KitBuild.Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        string kit = Path.Combine(Repository.Root, "sdk", "guest"), copy = Path.Combine(_output.FullName, "a folder", "kit");
        foreach (string file in Directory.GetFiles(kit, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(kit, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        string[] objects = Compile(kit, "one");
        Assert.InRange(objects.Length, 40, 200);
        Assert.Equal(objects, Compile(copy, "other"));
    }

    /// <summary>Gets the name and the digest of each object.</summary>
    private string[] Compile(string kit, string name)
    {
        string objects = Path.Combine(_output.FullName, name);
        FinishedProcess build = FinishedProcess.Run(new ProcessStartInfo(
            "sh", [Path.Combine(kit, "build-guest.sh"), "--kit-objects", objects, "--arch", "amd64", "--libc", "musl"])
        {
            Environment = { ["HYPERLIGHT_CC"] = KitBuild.Compilers[0] },
        });
        Assert.True(build.ExitCode == 0, build.Error);
        return [.. Directory.GetFiles(objects).Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetFileName(path)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}")];
    }
}
