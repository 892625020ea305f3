using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// Tests that the schema, the targets and the tables of the documents agree with the descriptions of settings in the tasks.
/// </summary>
public sealed partial class SettingsTests
{
    private static readonly string Schema = Path.Combine(SdkProject.HelpRoot, "sdk", "Sdk", "Sdk.props.buildschema.json");
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void The_schema_has_an_entry_for_each_setting_property_and_metadata_and_no_other()
    {
        string text = File.ReadAllText(Schema);
        using JsonDocument document = JsonDocument.Parse(text);
        string[] entries = [.. text.Split('\n').Select(line => line.Trim().TrimEnd(',')).Where(line => SchemaEntry().IsMatch(line))];
        string[] expected =
        [
            .. PropertyEntries(),
            .. MetadataEntries(),
            .. SourceMetadata.OfSource.Select(metadata => SourceEntry(metadata, SourceMetadata.SourcePage)),
            .. SourceMetadata.OfCrate.Select(metadata => SourceEntry(metadata, SourceMetadata.CratePage)),
            .. ImageMetadata.All.Select(metadata => Entry(metadata.Name, ("description", metadata.Text))),
        ];

        string[] missing = [.. expected.Except(entries)];
        string[] unknown = [.. entries.Except(expected)];
        Assert.True(missing.Length == 0, $"{Schema} lacks the lines\n{string.Join(",\n", missing)}");
        Assert.True(unknown.Length == 0, $"{Schema} has lines that follow from no description:\n{string.Join(",\n", unknown)}");
        Assert.Equal(expected.Length, entries.Length);
        Assert.Equal(KnownNames.Items, document.RootElement.GetProperty("items").EnumerateObject().Select(item => item.Name));
    }

    [Fact]
    public void The_targets_hand_each_property_to_the_tasks_and_no_other()
    {
        string targets = File.ReadAllText(Path.Combine(SdkProject.HelpRoot, "sdk", "targets", "Hyperlight.Sdk.Properties.targets"));
        string[] handed = [.. HandedProperty().Matches(targets).Select(match => match.Value)];
        string[] expected =
        [
            .. ProjectProperty.All.Where(property => property.IsSwitch).Select(property => property.Name),
            .. GuestSetting.All.Select(setting => setting.Property).OfType<SettingNames>()
                .SelectMany(names => (string?[])[names.Name, names.Former]).OfType<string>(),
        ];

        Assert.Equal(expected.Select(name => $"<_HyperlightProperty Include=\"{name}\" Value=\"$({name})\" />").Order(), handed.Order());
    }

    [Fact]
    public void Editors_know_each_file_that_a_setting_names()
    {
        string targets = Path.Combine(SdkProject.HelpRoot, "sdk", "targets");
        string upToDate = File.ReadAllText(Path.Combine(targets, "Hyperlight.Sdk.UpToDate.targets"));

        Assert.All(
            GuestSetting.All.Where(setting => setting.NamesFiles),
            setting => Assert.Contains($"'%({setting.Name})'", upToDate, StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_of_a_document_has_a_row_for_each_setting_with_its_property_and_default_and_no_other()
    {
        (string Page, string[] Rows)[] tables = TablesWith("HyperlightHeapSize", cell: 2);
        Assert.Contains("sdk/README.md", tables.Select(table => table.Page));

        foreach ((string page, string[] rows) in tables)
        {
            Assert.Equal(
                GuestSetting.All.Select(setting => setting.Name).Append("Include").Order(),
                rows.SelectMany(row => Names(row, 1)).Append("Include").Distinct().Order());
            Assert.All(GuestSetting.All, setting =>
            {
                string row = Assert.Single(rows, row => Names(row, 1).Contains(setting.Name));
                int place = Names(row, 1).IndexOf(setting.Name);
                Assert.Equal(setting.Property?.Name, Names(row, 2).ElementAtOrDefault(place));
                if (setting.DefaultOfEachGuest is null)
                {
                    Assert.True(
                        Names(row, 4).SequenceEqual(setting.Default.Length > 0 ? [setting.Default] : []),
                        $"{page}: the default of {setting.Name} is '{setting.Default}': {row}");
                }
            });
        }
    }

    [Fact]
    public void A_page_with_a_table_of_settings_names_no_property_that_does_not_exist()
    {
        string[] known = [.. KnownNames.Properties, .. KnownNames.Items, "HyperlightValidate", "HyperlightBake", "HyperlightSnapshot"];

        Assert.All(TablesWith("HyperlightHeapSize", cell: 2), table => Assert.All(
            PropertyName().Matches(File.ReadAllText(Path.Combine(SdkProject.HelpRoot, table.Page))),
            match => Assert.Contains(match.Groups[1].Value, known)));
    }

    [Fact]
    public void Documents_name_each_metadata_of_an_image()
    {
        (string Page, string[] Rows)[] tables = TablesWith("ContentDigest");
        Assert.NotEmpty(tables);

        Assert.All(tables, table =>
            Assert.Equal(ImageMetadata.All.Select(metadata => metadata.Name), table.Rows.SelectMany(row => Names(row, 1))));
    }

    [Fact]
    public void Documents_name_each_metadata_of_a_source_and_of_a_crate()
    {
        (string Page, string[] Rows)[] ofSources = TablesWith(SourceMetadata.IncludeFolders);
        (string Page, string[] Rows)[] ofCrates = TablesWith(SourceMetadata.Features);
        Assert.NotEmpty(ofSources);
        Assert.NotEmpty(ofCrates);

        Assert.All(ofSources, table => Assert.Equal(SourceMetadata.OfSource.Select(metadata => metadata.Name), NamesIn(table.Rows)));
        Assert.All(ofCrates, table => Assert.Equal(SourceMetadata.OfCrate.Select(metadata => metadata.Name), NamesIn(table.Rows)));

        // The first row is Include.
        static IEnumerable<string> NamesIn(string[] rows) => rows.SelectMany(row => Names(row, 1)).Skip(1);
    }

    [Fact]
    public void Documents_name_each_property_that_users_set()
    {
        (string Page, string[] Rows)[] tables = TablesWith("HyperlightNamespace");
        Assert.NotEmpty(tables);

        Assert.All(tables, table => Assert.Equal(
            ProjectProperty.All.Where(property => property.HelpPage is not null).Select(property => property.Name).Order(),
            table.Rows.SelectMany(row => Names(row, 1)).Order()));
    }

    [Fact]
    public void The_items_of_images_have_the_described_metadata()
    {
        using SdkProject project = SdkProject.WithGuest();

        ITaskItem image = Assert.Single(project.Build("HyperlightSnapshot").Items);

        string[] former = [.. ImageMetadata.All.Select(metadata => metadata.FormerName).OfType<string>()];
        Assert.Equal(
            ImageMetadata.All.Select(metadata => metadata.Name).Concat(former).Order(),
            image.MetadataNames.Cast<string>().Where(name => !KnownNames.CommonMetadata.Contains(name)).Order());
        Assert.Equal("sha256:" + image.GetMetadata("Sha256"), image.GetMetadata("Digest"));
        Assert.Equal(("", ""), (image.GetMetadata("SnapshotSha256"), image.GetMetadata("SnapshotDigest")));
    }

    private static IEnumerable<string> PropertyEntries()
    {
        foreach (GuestSetting setting in GuestSetting.All)
        {
            if (setting.Property is { } property)
            {
                string text = $"{setting.Text} For guests that have no {setting.Name} of their own.";
                yield return Entry(property, setting, setting.Default, text);
            }
        }

        foreach (ProjectProperty property in ProjectProperty.All)
        {
            (string, object)[] help = property.HelpPage is null ? [] : [("help", property.HelpPage)];
            yield return Entry(
                property.Name, [("type", property.SchemaType), ("default", property.Default), ("description", property.Text), .. help]);
        }
    }

    private static IEnumerable<string> MetadataEntries() =>
        from setting in GuestSetting.All
        let value = setting.Property is { } property ? $"$({property.Name})" : setting.Default
        select Entry(setting.Metadata, setting, value, setting.Text);

    private static string SourceEntry(SourceMetadata metadata, string page)
    {
        (string, object)[] values = metadata.Values.Count > 0 ? [("values", metadata.Values)] : [];
        (string, object) type = ("type", metadata.SchemaType);
        (string, object)[] texts =
            [("default", metadata.Default), ("description", metadata.Text), ("help", page)];
        return Entry(metadata.Name, [type, .. values, .. texts]);
    }

    private static string Entry(SettingNames names, GuestSetting setting, string value, string text)
    {
        (string, object)[] values = setting.Values() is { Count: > 0 } list ? [("values", list)] : [];
        (string, object)[] former = names.Former is null ? [] : [("formerName", names.Former)];
        (string, object) type = ("type", setting.SchemaType);
        return Entry(names.Name, [type, .. values, ("default", value), .. former, ("description", text), ("help", setting.HelpPage)]);
    }

    private static string Entry(string name, params (string Name, object Value)[] fields) =>
        $"\"{name}\": {{ {string.Join(", ", fields.Select(field => $"\"{field.Name}\": {Text(field.Value)}"))} }}";

    private static string Text(object value) => value is IReadOnlyList<string> list
        ? $"[ {string.Join(", ", list.Select(Text))} ]"
        : JsonSerializer.Serialize((string)value, Json);

    // Finds the tables of all pages for users that have a name in a cell of a row.
    private static (string Page, string[] Rows)[] TablesWith(string name, int cell = 1) =>
        [.. Tables().Where(table => table.Rows.Any(row => Names(row, cell).Contains(name)))];

    private static IEnumerable<(string Page, string[] Rows)> Tables()
    {
        string[] pages =
        [
            Path.Combine(SdkProject.HelpRoot, "README.md"),
            Path.Combine(SdkProject.HelpRoot, "sdk", "README.md"),
            .. Directory.EnumerateFiles(Path.Combine(SdkProject.HelpRoot, "docs"), "*.md"),
        ];
        return from page in pages
               from Match table in Table().Matches(File.ReadAllText(page))
               let rows = table.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..]
               select (Path.GetRelativePath(SdkProject.HelpRoot, page).Replace('\\', '/'), rows);
    }

    private static List<string> Names(string row, int cell) =>
        row.Split('|') is { } cells && cell < cells.Length ? [.. Code().Matches(cells[cell]).Select(match => match.Groups[1].Value)] : [];

    [GeneratedRegex("^\"\\w+\": \\{ .* \\}$")]
    private static partial Regex SchemaEntry();

    [GeneratedRegex("<_HyperlightProperty .*")]
    private static partial Regex HandedProperty();

    [GeneratedRegex("(?m)(^\\|.*\\n){3,}")]
    private static partial Regex Table();

    [GeneratedRegex("`(\\w*Hyperlight[A-Z]\\w+)(?<!Exception)`")]
    private static partial Regex PropertyName();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
