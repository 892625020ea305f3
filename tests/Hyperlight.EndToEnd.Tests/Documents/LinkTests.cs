using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Every link leads somewhere: in the repository, and in what is packed.</summary>
public sealed partial class LinkTests : IDisposable
{
    private readonly string _unpacked = Directory.CreateTempSubdirectory("hyperlight-links-").FullName;

    public static TheoryData<string> Packages =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "feed"), "Hyperlight.*.nupkg")
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_unpacked, recursive: true);

    [Fact]
    public void Every_link_of_a_page_leads_to_a_file_and_a_heading()
    {
        AssertNone(FaultsBelow(Workspace.RepositoryRoot()));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_link_of_a_page_in_a_package_leads_to_a_file_of_the_package(string package)
    {
        ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "feed", package), _unpacked);

        AssertNone(FaultsBelow(_unpacked));
    }

    [Fact]
    public void The_sdk_package_has_every_page_of_the_folder_docs_and_every_page_that_its_schema_names()
    {
        ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Sdk.0.1.0.nupkg"), _unpacked);
        string[] pages = [.. Page.ReadAll(Path.Combine(Workspace.RepositoryRoot(), "docs")).Select(page => "docs/" + page.Path)];

        Assert.All(
            [.. pages, .. HelpPages(Path.Combine(_unpacked, "Sdk", "Sdk.props.buildschema.json"))],
            page => Assert.True(File.Exists(Path.Combine(_unpacked, page)), page));
    }

    // The gallery that shows a package's first page does not follow links into the package.
    [Theory]
    [MemberData(nameof(Packages))]
    public void The_first_page_of_a_package_links_to_other_sites_only(string package)
    {
        ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "feed", package), _unpacked);

        Assert.All(Page.Read(_unpacked, "README.md").Links, link => Assert.StartsWith("https://", link.Target, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_page_that_code_and_messages_name_is_there()
    {
        string root = Workspace.RepositoryRoot();
        string[] mentions =
        [
            .. from folder in (string[])["runtime", "tasks", "sdk", "samples", "eng", "tests", "bench"]
               from file in Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)
               where !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")
               where Path.GetExtension(
                   file) is ".cs" or ".targets" or ".props" or ".json" or ".sh" or ".c" or ".h" or ".S" or ".md" or ".csproj"
               from Match match in PagePath().Matches(File.ReadAllText(file))
               where !File.Exists(Path.Combine(root, match.Value))
               select $"{Path.GetRelativePath(root, file)}: {match.Value}",
        ];

        AssertNone(mentions);
    }

    [Fact]
    public void No_page_names_a_folder_of_one_machine()
    {
        string root = Workspace.RepositoryRoot();

        Assert.All(Page.ReadAll(root), page => Assert.DoesNotMatch(MachineFolder(), File.ReadAllText(Path.Combine(root, page.Path))));
    }

    private static void AssertNone(string[] faults) => Assert.True(faults.Length == 0, string.Join('\n', faults));

    private static string[] FaultsBelow(string root)
    {
        Dictionary<string, Page> pages = Page.ReadAll(root).ToDictionary(page => page.Path, StringComparer.Ordinal);
        return [.. pages.Values.SelectMany(page => page.Links).Select(link => link.FindFault(root, pages)).OfType<string>()];
    }

    private static IEnumerable<string> HelpPages(string schema)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(schema));
        return [.. HelpPages(document.RootElement)];
    }

    private static IEnumerable<string> HelpPages(JsonElement element) => element.ValueKind != JsonValueKind.Object
        ? []
        : element.EnumerateObject().SelectMany(
            property => property.NameEquals("help") ? [property.Value.GetString()!] : HelpPages(property.Value));

    [GeneratedRegex(@"\bdocs/[\w./-]+\.md\b")]
    private static partial Regex PagePath();

    [GeneratedRegex(@"(?<![\w.$~}/])/(home|root|work|tmp|Users|mnt)/")]
    private static partial Regex MachineFolder();
}
