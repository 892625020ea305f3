using System.Text.RegularExpressions;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary><c>docs/windows.md</c> explains the errors of Windows by the names that messages have.</summary>
public sealed partial class WindowsPageTests
{
    private static readonly string Root = Workspace.RepositoryRoot();

    [Fact]
    public void Every_error_of_the_page_has_the_name_that_messages_give_the_value()
    {
        Dictionary<string, string> names = NamesOfMessages();
        (string Value, string Name)[] errors = [.. ErrorsOfPage()];

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.Equal(names.GetValueOrDefault(error.Value), error.Name));
    }

    // A row may have several values, and their names in the same order. Two values are errors of the loader and no results of the platform.
    private static IEnumerable<(string Value, string Name)> ErrorsOfPage() =>
        from Match row in ErrorRow().Matches(File.ReadAllText(Path.Combine(Root, "docs", "windows.md")))
        let values = row.Groups["values"].Value.Split(", ")
        let texts = row.Groups["names"].Value.Split(", ")
        where values.Length == texts.Length
        from pair in values.Zip(texts)
        where pair.First is not ("0x8007007E" or "0x8007007F")
        select pair;

    private static Dictionary<string, string> NamesOfMessages()
    {
        string source = File.ReadAllText(
            Path.Combine(Root, "runtime", "Hyperlight.Runtime", "Hypervisors", "Whp", "WhpResult.cs"));
        Dictionary<string, string> constants = Constant().Matches(source).ToDictionary(
            match => match.Groups[1].Value, match => $"0x{match.Groups[2].Value}{match.Groups[3].Value}", StringComparer.Ordinal);
        return NamedValue().Matches(source).ToDictionary(
            match => constants.GetValueOrDefault(match.Groups[1].Value) ?? match.Groups[1].Value.Replace("_", "", StringComparison.Ordinal),
            match => match.Groups[2].Value,
            StringComparer.Ordinal);
    }

    [GeneratedRegex(@"^\| (?<values>0x[0-9A-F]{8}(?:, 0x[0-9A-F]{8})*) \| (?<names>[A-Z_]+(?:, [A-Z_]+)*) \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"const uint (\w+) = 0x([0-9A-F]{4})_([0-9A-F]{4});")]
    private static partial Regex Constant();

    [GeneratedRegex(@"^\s*(\w+) => ""(\w+)"",", RegexOptions.Multiline)]
    private static partial Regex NamedValue();
}
