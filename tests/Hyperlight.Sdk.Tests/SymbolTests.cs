using System.Text.Json;
using Hyperlight.Testing;

namespace Hyperlight.Sdk.Tests;

/// <summary>The symbols of the repository's own assemblies, in a folder with its Directory.Build files and without git.</summary>
public sealed class SymbolTests : IDisposable
{
    private const string Revision = "0123456789abcdef0123456789abcdef01234567";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hyperlight-");

    public SymbolTests()
    {
        foreach (string file in (string[])["Directory.Build.props", "Directory.Build.targets"])
        {
            File.Copy(Path.Combine(Repository.Root, file), PathOf(file));
        }

        _folder.CreateSubdirectory("lib");
        File.WriteAllText(PathOf("lib/Lib.csproj"), """<Project Sdk="Microsoft.NET.Sdk" />""");
        File.WriteAllText(PathOf("lib/Answer.cs"), "internal static class Answer { public static int Get() => 42; }");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Symbols_say_where_the_sources_of_a_release_are_and_name_no_folder_of_the_machine()
    {
        SymbolFile symbols = Build(("RepositoryUrl", "https://github.com/owner/name.git"), ("SourceRevisionId", Revision));

        using JsonDocument document = JsonDocument.Parse(symbols.SourceLink!);
        JsonProperty root = Assert.Single(document.RootElement.GetProperty("documents").EnumerateObject());
        Assert.Equal(("/_/*", $"https://raw.githubusercontent.com/owner/name/{Revision}/*"), (root.Name, root.Value.GetString()));
        Assert.Contains("/_/lib/Answer.cs", symbols.Documents);
        Assert.All(symbols.Documents, path => Assert.StartsWith("/_/", path, StringComparison.Ordinal));
    }

    private SymbolFile Build(params (string Name, string Value)[] properties)
    {
        BuildOutcome outcome = SdkProject.At(PathOf("lib/Lib.csproj")).RestoreAndBuild([.. properties, ("RunAnalyzers", "false")]);
        Assert.Equal("", string.Join('\n', outcome.Errors.Concat(outcome.Warnings)));
        using FileStream assembly = File.OpenRead(PathOf("lib/bin/Debug/net10.0/Lib.dll"));
        return SymbolFile.Of(assembly);
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
