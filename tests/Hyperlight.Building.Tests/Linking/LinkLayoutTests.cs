using System.Text.RegularExpressions;
using Hyperlight.Linking;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>
/// Compares the layout of the linker with <c>amd64-linux.ld</c>, which says the same for other linkers: sections, their order, segments,
/// alignments and inputs, what is kept or sorted, and symbols.
/// </summary>
public sealed partial class LinkLayoutTests
{
    // Sections of the script that no object fills. Other linkers write them into each file that can be moved, with or without entries.
    private static readonly string[] OnlyOfOthers = [".dynsym", ".dynstr", ".hash", ".gnu.hash", ".plt"];

    // Other linkers name the sections that they make as inputs. The layout says nothing of their content.
    private static readonly string[] Made = [SectionNames.Relocations, SectionNames.UnwindIndex, SectionNames.Dynamic, SectionNames.Got];

    private static readonly string Script = CommentRegex().Replace(
        File.ReadAllText(Path.Combine(Repository.Root, "sdk", "guest", "amd64-linux.ld")), "");

    [Fact]
    public void The_layout_and_the_linker_script_have_the_same_sections_inputs_and_symbols()
    {
        string[] layout = [.. OfLayout()];

        Assert.Equal(OfScript(), layout);
        Assert.Equal(21, layout.Count(line => line.StartsWith("section", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_layout_and_the_linker_script_leave_out_the_same_sections()
    {
        string discarded = DiscardRegex().Match(Script).Groups[1].Value;

        Assert.Equal(LinkLayout.Linux.Discarded.Names, discarded.Split(' '));
        Assert.Contains($"ENTRY({LinkLayout.Entry})", Script, StringComparison.Ordinal);
    }

    private static IEnumerable<string> OfLayout()
    {
        LinkLayout layout = LinkLayout.Linux;
        yield return $"{layout.StartSymbol} at 0";
        LoadSegment? segment = LoadSegment.ReadOnly;
        foreach (SectionRule rule in layout.Rules)
        {
            if (segment != rule.Segment)
            {
                yield return "new page";
                segment = rule.Segment;
            }

            yield return SectionLine(rule.Name, SegmentName(rule.Segment), rule.Alignment, string.Join(' ', (object[])rule.Patterns));
            if (rule.StartSymbol is { } start)
            {
                yield return $"{start} at start of {rule.Name}";
            }

            if (rule.EndSymbol is { } end)
            {
                yield return $"{end} at end of {rule.Name}";
            }
        }

        yield return $"{layout.EndSymbol} at the end";
    }

    private static List<string> OfScript()
    {
        List<string> lines = [];
        List<string> later = [];
        string segment = "";
        bool hasSections = false;
        int start = Script.IndexOf("SECTIONS", StringComparison.Ordinal) + "SECTIONS".Length;
        string body = Script[start..Script.IndexOf("/DISCARD/", StringComparison.Ordinal)];
        foreach (Match match in StatementRegex().Matches(body))
        {
            string symbol = match.Groups["symbol"].Value;
            string name = match.Groups["name"].Value;
            if (symbol == ".")
            {
                lines.AddRange(match.Groups["value"].Value == "ALIGN(4096)" ? ["new page"] : []);
            }
            else if (symbol.Length > 0)
            {
                later.Add(SymbolLine(symbol, match.Groups["value"].Value, hasSections));
            }
            else
            {
                hasSections = true;
                segment = match.Groups["segment"] is { Success: true, Value: var other } ? other : segment;
                if (!OnlyOfOthers.Contains(name))
                {
                    lines.AddRange(SectionLines(match, name, segment));
                }
            }
        }

        // A symbol outside of the braces of its section may stand anywhere. The place after its section is as good.
        foreach (string line in later)
        {
            string of = line[(line.LastIndexOf(' ') + 1)..];
            int section = lines.FindLastIndex(other => other.EndsWith(" of " + of, StringComparison.Ordinal) || IsSection(other, of));
            int place = section >= 0 ? section + 1 : line.EndsWith("at 0", StringComparison.Ordinal) ? 0 : lines.Count;
            lines.Insert(place, line);
        }

        return lines;
    }

    private static bool IsSection(string line, string name) => line.StartsWith($"section {name} ", StringComparison.Ordinal);

    private static IEnumerable<string> SectionLines(Match match, string name, string segment)
    {
        string content = match.Groups["content"].Value;
        string inputs = SpaceRegex().Replace(AssignmentRegex().Replace(content, ""), " ").Trim();
        ulong alignment = match.Groups["alignment"] is { Success: true, Value: var text } ? ulong.Parse(text, null) : 1;
        yield return SectionLine(name, segment, alignment, Made.Contains(name) ? "" : inputs);
        foreach (Match symbol in AssignmentRegex().Matches(content))
        {
            bool isFirst = content[..symbol.Index].Trim().Length == 0;
            yield return $"{symbol.Groups[1].Value} at {(isFirst ? "start" : "end")} of {name}";
        }
    }

    private static string SymbolLine(string symbol, string value, bool hasSections)
    {
        string name = AddressRegex().Match(value) is { Success: true } address ? address.Groups[1].Value : "";
        return value == "." ? $"{symbol} {(hasSections ? "at the end" : "at 0")}"
            : value == $"ADDR({name})" ? $"{symbol} at start of {name}"
            : value == $"ADDR({name}) + SIZEOF({name})" ? $"{symbol} at end of {name}"
            : throw new InvalidOperationException($"{symbol} = {value}");
    }

    private static string SectionLine(string name, string segment, ulong alignment, string inputs) =>
        $"section {name} in {segment}, aligned to {alignment}: {inputs}";

    private static string SegmentName(LoadSegment segment) => segment switch
    {
        LoadSegment.ReadOnly => "rodata",
        LoadSegment.Code => "text",
        _ => "data",
    };

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex CommentRegex();

    [GeneratedRegex(@"/DISCARD/\s*: \{ \*\((.*)\) \}")]
    private static partial Regex DiscardRegex();

    [GeneratedRegex(
        @"(?<name>\S+)\s*: (ALIGN\((?<alignment>\d+)\) )?\{(?<content>[^}]*)\}( :(?<segment>\w+))?|(?<symbol>[\w.]+) = (?<value>[^;]*);")]
    private static partial Regex StatementRegex();

    [GeneratedRegex(@"\s+")]
    private static partial Regex SpaceRegex();

    [GeneratedRegex(@"(\w+) = \.;?")]
    private static partial Regex AssignmentRegex();

    [GeneratedRegex(@"^ADDR\((.*?)\)")]
    private static partial Regex AddressRegex();
}
