using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Whoever starts at <c>docs/README.md</c> finds every page.</summary>
public sealed class IndexTests
{
    private const string Index = "docs/README.md";

    [Fact]
    public void The_index_of_a_folder_links_to_every_page_of_the_folder()
    {
        string root = Workspace.RepositoryRoot();
        IReadOnlyList<Page> pages = Page.ReadAll(root);
        foreach (Page index in pages.Where(
            page => page.Path.StartsWith("docs/", StringComparison.Ordinal) && Path.GetFileName(page.Path) == "README.md"))
        {
            string folder = Path.GetDirectoryName(index.Path)!;
            string[] names = [.. pages.Where(page => page != index && Path.GetDirectoryName(page.Path) == folder).Select(
                page => Path.GetFileName(page.Path))];
            string[] targets = [.. index.Links.Select(link => link.Target.Split('#')[0])];

            Assert.True(names.Except(targets).ToArray() is [], $"{index} lacks: {string.Join(", ", names.Except(targets))}");
        }
    }

    [Fact]
    public void The_index_of_all_pages_links_to_the_index_of_every_folder()
    {
        string root = Workspace.RepositoryRoot();
        string[] folders =
        [
            .. Directory.EnumerateDirectories(Path.Combine(root, "docs"))
                .Where(folder => Directory.EnumerateFiles(folder, "*.md").Any())
                .Select(folder => Path.GetFileName(folder) + "/README.md")
        ];

        Assert.Empty(folders.Except(Page.Read(root, Index).Links.Select(link => link.Target)));
    }
}
