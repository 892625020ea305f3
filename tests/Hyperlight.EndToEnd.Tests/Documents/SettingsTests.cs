using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>The tables of items and properties in the documents agree with the SDK's schema.</summary>
public sealed partial class SettingsTests
{
    private static readonly JsonElement Schema = ReadSchema();

    [Theory]
    [InlineData("docs/project-settings.md")]
    [InlineData("sdk/README.md")]
    public void A_table_has_every_metadata_and_every_property_with_its_default(string path)
    {
        string[] rows = [.. File.ReadAllLines(Path.Combine(Workspace.RepositoryRoot(), path)).Where(
            line => line.StartsWith("| `", StringComparison.Ordinal))];
        JsonElement metadata = Schema.GetProperty("items").GetProperty("HyperlightGuest").GetProperty("metadata");

        Assert.All(metadata.EnumerateObject(), setting =>
        {
            string[] cells = Assert.Single(rows, row => Names(row.Split('|')[1]).Contains(setting.Name)).Split('|');
            int place = Names(cells[1]).IndexOf(setting.Name);
            string value = setting.Value.GetProperty("default").GetString()!;
            if (Reference().Match(value) is { Success: true } reference)
            {
                Assert.Equal(reference.Groups[1].Value, Names(cells[2])[place]);
                value = Schema.GetProperty("properties").GetProperty(reference.Groups[1].Value).GetProperty("default").GetString()!;
            }

            if (value.Length > 0 && !value.Contains('%', StringComparison.Ordinal))
            {
                Assert.Equal([value], Names(cells[4]));
            }
        });
    }

    [Theory]
    [InlineData("docs/project-settings.md")]
    [InlineData("sdk/README.md")]
    public void A_page_names_every_property_and_no_other(string path)
    {
        string page = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot(), path));
        JsonProperty[] properties = [.. Schema.GetProperty("properties").EnumerateObject()];

        Assert.All(
            properties.Where(property => property.Value.TryGetProperty("help", out _)),
            property => Assert.Contains($"`{property.Name}`", page, StringComparison.Ordinal));
        string[] known = [.. properties.Select(property => property.Name),
            .. Schema.GetProperty("items").EnumerateObject().Select(item => item.Name), .. Targets];
        Assert.All(PropertyName().Matches(page), match => Assert.Contains(match.Groups[1].Value, known));
    }

    private static readonly string[] Targets = ["HyperlightValidate", "HyperlightBake", "HyperlightSnapshot"];

    private static JsonElement ReadSchema()
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Workspace.RepositoryRoot(), "sdk", "Sdk", "Sdk.props.buildschema.json")));
        return document.RootElement.Clone();
    }

    private static List<string> Names(string cell) => [.. Code().Matches(cell).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\$\((\w+)\)$")]
    private static partial Regex Reference();

    [GeneratedRegex("`(Hyperlight[A-Z]\\w+)(?<!Exception)`")]
    private static partial Regex PropertyName();
}
