using System.Globalization;
using System.Text.RegularExpressions;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Comments cite the pages of <c>docs/abi</c> as "amd64 sheet, section 5.3": the page and the section are there.</summary>
public sealed partial class CitationTests
{
    private static readonly string[] Folders = ["runtime", "tasks", "sdk", "samples", "eng", "tests", "bench", "docs"];
    private static readonly string[] Extensions = [".cs", ".c", ".h", ".S", ".ld", ".sh", ".props", ".targets", ".csproj", ".json", ".md"];

    [Fact]
    public void Every_citation_of_an_abi_page_names_a_section_that_the_page_has()
    {
        string root = Workspace.RepositoryRoot();
        Dictionary<string, HashSet<string>> sheets = Directory.EnumerateFiles(Path.Combine(root, "docs", "abi"), "*.md")
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path), SectionsOf, StringComparer.Ordinal);
        Citation[] citations =
        [
            .. SourceFiles(root).SelectMany(file => CitationsIn(Path.GetRelativePath(root, file), File.ReadAllText(file)))
        ];

        string[] faults =
        [
            .. citations.Where(citation => !sheets.TryGetValue(citation.Sheet, out var sections) || !sections.Contains(citation.Section))
                .Select(citation => citation.ToString())
        ];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
        Assert.NotEmpty(citations);
    }

    [Theory]
    [InlineData("/// buffers (amd64 sheet, section 5.3).", "amd64 5.3")]
    [InlineData("// amd64 sheet,\n    // sections 4.4, 4.5 and 11.3: registers", "amd64 4.4", "amd64 4.5", "amd64 11.3")]
    [InlineData(" * facts (amd64 sheet 2.2, i686\n * sheet 2.3): 64-bit", "amd64 2.2", "i686 2.3")]
    [InlineData("# as amd64 sheet, sections 6.3 to 6.5 say", "amd64 6.3", "amd64 6.5")]
    [InlineData("/// (i686 sheet, sections 1.2 R7 and 3.3)", "i686 1.2", "i686 3.3")]
    [InlineData("/// (amd64 sheet, section 8.5, step 6)", "amd64 8.5")]
    [InlineData("the layout (i686 sheet, profile A) and what the sheet says")]
    public void A_citation_is_found_as_comments_write_it(string comment, params string[] expected) =>
        Assert.Equal(expected, CitationsIn("", comment).Select(citation => $"{citation.Sheet} {citation.Section}"));

    private static IEnumerable<string> SourceFiles(string root) =>
        from folder in Folders
        from file in Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)
        where Extensions.Contains(Path.GetExtension(file)) && Path.GetFileName(file) != $"{nameof(CitationTests)}.cs"
        where !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "artifacts")
        select file;

    private static IEnumerable<Citation> CitationsIn(string file, string text)
    {
        // A comment may go on in its next line anywhere inside a citation.
        string words = LineBreakOfComment().Replace(text, " ");
        return from Match citation in CitationOfSections().Matches(words)
               from Match number in Number().Matches(citation.Groups["sections"].Value)
               select new Citation(file, citation.Value, citation.Groups["sheet"].Value, number.Value);
    }

    private static HashSet<string> SectionsOf(string page) =>
        [.. File.ReadLines(page).Select(line => NumberedHeading().Match(line)).Where(match => match.Success)
            .Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"\s*\r?\n\s*(?:///?|\*(?!/)|#)?\s*")]
    private static partial Regex LineBreakOfComment();

    [GeneratedRegex(
        @"\b(?<sheet>[A-Za-z0-9-]+) sheet,? (?:sections? )?(?<sections>\d+(?:\.\d+)?(?: R\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)")]
    private static partial Regex CitationOfSections();

    [GeneratedRegex(@"(?<![R\d.])\d+(?:\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^#{2,3} (\d+(?:\.\d+)?)\.? ")]
    private static partial Regex NumberedHeading();

    private sealed record Citation(string File, string Text, string Sheet, string Section)
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{File}: {Text}: section {Section} is not in docs/abi/{Sheet}.md");
    }
}
