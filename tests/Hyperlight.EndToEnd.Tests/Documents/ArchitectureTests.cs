using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary><c>docs/architecture.md</c> describes the code that is there.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Root = Workspace.RepositoryRoot();
    private static readonly string Text = File.ReadAllText(Path.Combine(Root, "docs", "architecture.md"));

    [Fact]
    public void Every_folder_that_the_page_names_is_there()
    {
        string[] folders = [.. FolderName().Matches(Text).Select(match => match.Groups[1].Value).Distinct()];

        Assert.NotEmpty(folders);
        Assert.All(folders, folder => Assert.True(Directory.Exists(Path.Combine(Root, folder)), folder));
    }

    [Fact]
    public void Every_folder_of_code_is_on_the_page()
    {
        string[] folders =
        [
            .. from assembly in (string[])["runtime/Hyperlight.Image", "runtime/Hyperlight.Runtime"]
               from folder in Directory.EnumerateDirectories(Path.Combine(Root, assembly))
               where Directory.EnumerateFiles(folder, "*.cs").Count() > 2
               select $"{assembly}/{Path.GetFileName(folder)}",
        ];

        Assert.All(folders, folder => Assert.Contains($"`{folder}`", Text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_of_assemblies_has_the_references_of_their_projects()
    {
        IReadOnlyList<Match> rows = AssemblyRow().Matches(Text);

        Assert.Equal(ProjectsIn("runtime").Concat(ProjectsIn("tasks")).Order(), rows.Select(row => row.Groups["folder"].Value).Order());
        Assert.All(rows, row => Assert.Equal(
            ReferencesOf(row.Groups["folder"].Value),
            AssemblyName().Matches(row.Groups["references"].Value).Select(match => match.Value).Order()));
    }

    private static IEnumerable<string> ProjectsIn(string folder) =>
        Directory.EnumerateDirectories(Path.Combine(Root, folder)).Where(project => Directory.EnumerateFiles(project, "*.csproj").Any())
            .Select(project => $"{folder}/{Path.GetFileName(project)}");

    private static IEnumerable<string> ReferencesOf(string folder) =>
        XDocument.Load(Path.Combine(Root, folder, Path.GetFileName(folder) + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order();

    [GeneratedRegex(@"`((?:runtime|tasks|sdk|tests|samples|bench|eng)(?:/[\w.-]+)*)`")]
    private static partial Regex FolderName();

    [GeneratedRegex(
        @"^\| `(?<folder>(?:runtime|tasks)/Hyperlight\.\w+(?:\.\w+)*)` \|[^|]*\|(?<references>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex AssemblyRow();

    [GeneratedRegex(@"Hyperlight[\w.]+")]
    private static partial Regex AssemblyName();
}
