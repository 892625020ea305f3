using System.Reflection;
using System.Text.RegularExpressions;

namespace Hyperlight.Image.Tests.Diagnostics;

public sealed class RulesTests
{
    private static readonly DiagnosticRule[] AllRules =
        [.. typeof(Rules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (DiagnosticRule)field.GetValue(null)!)];

    private static readonly string Pages = Path.Combine(AppContext.BaseDirectory, "diagnostics");

    [Fact]
    public void No_two_rules_share_a_code() =>
        Assert.Equal(AllRules.Length, AllRules.Select(rule => rule.Code).Distinct().Count());

    [Fact]
    public void Every_code_belongs_to_a_family() =>
        Assert.All(AllRules, rule => Assert.Matches(new Regex("^HL[1234579][0-9]{3}$"), rule.Code));

    [Fact]
    public void Every_rule_has_a_page_that_names_it_and_every_page_has_a_rule()
    {
        Assert.All(AllRules, rule =>
        {
            string page = File.ReadAllText(Path.Combine(Pages, rule.Code + ".md"));
            Assert.StartsWith($"# {rule.Code}: {rule.Title}\n", page, StringComparison.Ordinal);
            Assert.Contains($"*{rule.Severity}.*", page, StringComparison.Ordinal);
        });

        // The codes HL6xxx and HL8xxx belong to the generator and its analyzer, whose tests compare them with the pages.
        string[] pages =
            [.. Directory.EnumerateFiles(Pages, "HL*.md")
                .Select(path => Path.GetFileNameWithoutExtension(path))
                .Where(code => !code.StartsWith("HL6", StringComparison.Ordinal) && !code.StartsWith("HL8", StringComparison.Ordinal))
                .Order()];
        Assert.Equal(AllRules.Select(rule => rule.Code).Order(), pages);
    }

    [Fact]
    public void The_list_of_diagnostics_names_every_rule()
    {
        string list = File.ReadAllText(Path.Combine(Pages, "README.md"));

        Assert.All(AllRules, rule => Assert.Contains($"| [{rule.Code}]({rule.Code}.md) | ", list, StringComparison.Ordinal));
    }
}
