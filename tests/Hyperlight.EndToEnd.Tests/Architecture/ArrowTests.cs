using System.IO.Compression;
using Hyperlight.Testing;
using Hyperlight.Testing.Assemblies;

namespace Hyperlight.EndToEnd.Tests.Architecture;

/// <summary>
/// Tests that assemblies and folders use each other only as docs/architecture.md describes. The tests read the assemblies of the package.
/// </summary>
public sealed class ArrowTests
{
    // Tasks -> Building -> Image <- Runtime <- Snapshotter. Each assembly may also use those that the assemblies it uses may use.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Hyperlight.Image"] = [],
        ["Hyperlight.Building"] = ["Hyperlight.Image"],
        ["Hyperlight.Sdk.Tasks"] = ["Hyperlight.Building", "Hyperlight.Image"],
        ["Hyperlight.Runtime"] = ["Hyperlight.Image"],
        ["Hyperlight.Snapshotter"] = ["Hyperlight.Runtime", "Hyperlight.Image"],
    };

    private static readonly Lazy<IReadOnlyDictionary<string, CompiledAssembly>> Shipped = new(ReadPackage);

    public static TheoryData<string> Names => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_folder_uses_a_folder_that_uses_it(string name)
    {
        IReadOnlyList<Arrow> circle = Arrow.ShortestCircle(Arrow.In(Shipped.Value[name]));

        Assert.True(circle.Count == 0, $"{name} has a circle of folders:\n{string.Join('\n', circle)}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_assembly_uses_only_the_assemblies_that_the_design_allows(string name)
    {
        string[] used =
        [
            .. Shipped.Value[name].References.Where(reference => reference.StartsWith("Hyperlight.", StringComparison.Ordinal))
        ];

        Assert.Empty(used.Except(Allowed[name]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_type_has_a_folder_and_arrows_are_found(string name)
    {
        CompiledAssembly assembly = Shipped.Value[name];

        Assert.All(
            assembly.Types,
            type => Assert.True(Directory.Exists(Path.Combine(Project(name), type.Folder)), $"{type.Name}: '{type.Folder}'"));

        // The parts of a partial type lie in one folder. Otherwise a circle between its folders would not be seen.
        Assert.All(assembly.Types, type => Assert.True(type.Folders.Count == 1, $"{type.Name}: {string.Join(", ", type.Folders)}"));
        Assert.Equal(
            Directory.EnumerateDirectories(Project(name), "*", SearchOption.AllDirectories)
                .Where(folder => Directory.EnumerateFiles(folder, "*.cs").Any())
                .Select(folder => Path.GetRelativePath(Project(name), folder).Replace('\\', '/'))
                .Where(folder => folder.Split('/')[0] is not ("obj" or "bin"))
                .Order(StringComparer.Ordinal),
            assembly.Types.Select(type => type.Folder).Where(folder => folder.Length > 0).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(assembly.Types, type => type.Uses.Count > 20);
    }

    private static string Project(string name) =>
        Path.Combine(Repository.Root, Directory.Exists(Path.Combine(Repository.Root, "tasks", name)) ? "tasks" : "runtime", name);

    private static Dictionary<string, CompiledAssembly> ReadPackage()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Sdk.0.1.0.nupkg"));
        Dictionary<string, CompiledAssembly> assemblies = [];
        foreach (string name in Allowed.Keys)
        {
            using Stream stream = package.Entries.First(entry => entry.Name == name + ".dll").Open();
            using MemoryStream content = new();
            stream.CopyTo(content);
            assemblies[name] = CompiledAssembly.Read(content.ToArray());
        }

        return assemblies;
    }
}
