using System.Xml.Linq;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Whoever gets a package finds out what is new in it.</summary>
public sealed class ChangelogTests
{
    [Fact]
    public void The_version_that_is_packed_has_a_heading_in_the_changelog()
    {
        string root = Workspace.RepositoryRoot();
        string version = XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").Single().Value;

        Assert.Contains(
            File.ReadLines(Path.Combine(root, "CHANGELOG.md")),
            line => line == $"## {version}" || line.StartsWith($"## {version},", StringComparison.Ordinal));
    }
}
