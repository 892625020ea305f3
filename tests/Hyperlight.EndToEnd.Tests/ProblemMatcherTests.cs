using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.EndToEnd.Tests.Documents;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Tests that each error about the source of a guest is one line of a build's output, which CI services and editors recognize. Azure
/// Pipelines has no pattern: its logger gets the events of the build, which the binary log has.
/// </summary>
public sealed partial class ProblemMatcherTests(PackageFolder packages)
{
    private const string Guest = """
        #include <hyperlight_guest.h>

        int32_t elsewhere(void);

        static int32_t work(void)
        {
            HERE
        }
        HYPERLIGHT_WRAP_FUNCTION(work, Int, 0)

        void hyperlight_main(void)
        {
            HYPERLIGHT_REGISTER_FUNCTION("Work", work);
        }
        """;

    private const int Line = 7;

    [Fact]
    public void A_syntax_error_and_an_undefined_symbol_are_one_error_each()
    {
        using Workspace workspace = WithGuests(("syntax", "return 1 +;"), ("symbol", "return elsewhere() + 1;"));

        AssertErrors(workspace, workspace.Build("build"), ("HL4038", "syntax"), ("HL4038", "symbol"));
    }

    [Fact]
    public void A_finding_about_the_code_of_a_guest_is_one_error()
    {
        using Workspace workspace = WithGuests(("port", """__asm__ volatile("outb %al, $77"); return 0;"""));

        AssertErrors(workspace, workspace.Build("build", "-p:TreatWarningsAsErrors=true"), ("HL1027", "port"));
    }

    private static void AssertErrors(Workspace workspace, DotNetResult result, params (string Code, string Guest)[] expected)
    {
        (string, string, int)[] errors = [.. expected.Select(error => (error.Code, workspace.PathOf($"guest/{error.Guest}.c"), Line))];

        // The summary of a build repeats the lines of its errors.
        string[] lines = [.. result.Output.Split('\n').Select(line => line.Trim()).Where(line => line.Contains("error")).Distinct()];
        string[] printed = [.. lines.Where(line => !Count().IsMatch(line))];

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(errors.Order(), result.Log!.Errors.Order());
        Assert.Equal(errors.Order(), printed.Select(line => Read(GitHub().Match(line), 1, 2, 4)).Order());
        Assert.Equal(errors.Order(), printed.Select(line => Read(VisualStudioCode().Match(line), 1, 2, 5)).Order());
    }

    private static (string Code, string File, int Line) Read(Match match, int file, int location, int code) =>
    (
        match.Groups[code].Value,
        match.Groups[file].Value,
        int.TryParse(match.Groups[location].Value.Split(',')[0], CultureInfo.InvariantCulture, out int line) ? line : 0);

    private Workspace WithGuests(params (string Name, string Statement)[] guests)
    {
        CCompiler.Require();
        Workspace workspace = new(packages);
        string items = string.Concat(
            guests.Select(guest => $"""<HyperlightGuestSource Include="guest/{guest.Name}.c" Guest="{guest.Name}" />"""));
        workspace.Write("App.csproj", $"""<Project Sdk="Hyperlight.Sdk/0.1.0"><ItemGroup>{items}</ItemGroup></Project>""");
        foreach ((string name, string statement) in guests)
        {
            workspace.Write($"guest/{name}.c", Guest.Replace("HERE", statement, StringComparison.Ordinal));
        }

        return workspace;
    }

    // actions/setup-dotnet, .github/csc.json
    [GeneratedRegex(@"^(.*)\((\d+)(?:,\d+|,\d+,\d+)?\):\s+(error|warning)\s+([a-zA-Z]+(?<!MSB)\d+):\s*(.*?)\s+\[(.*?)\]$")]
    private static partial Regex GitHub();

    // microsoft/vscode, src/vs/workbench/contrib/tasks/common/problemMatcher.ts, the pattern msCompile
    [GeneratedRegex(
        @"^\s*(?:\s*\d+>)?(\S.*?)(?:\((\d+|\d+,\d+|\d+,\d+,\d+,\d+)\))?\s*:\s+"
            + @"(?:(\S+)\s+)?((?:fatal +)?error|warning|info)\s+(\w+\d+)?\s*:\s*(.*)$")]
    private static partial Regex VisualStudioCode();

    // The line of the summary with the number of errors.
    [GeneratedRegex(@"^\d+ Error\(s\)$", RegexOptions.IgnoreCase)]
    private static partial Regex Count();
}
