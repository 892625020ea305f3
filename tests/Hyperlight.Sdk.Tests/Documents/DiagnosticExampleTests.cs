using Hyperlight.Testing.Documents;

namespace Hyperlight.Sdk.Tests.Documents;

/// <summary>The examples of <c>docs/diagnostics</c> that are projects.</summary>
public sealed class DiagnosticExampleTests
{
    public static TheoryData<string> BuiltPages => [.. DiagnosticPage.All.Where(page => page.IsBuilt).Select(page => page.Code)];

    [Theory]
    [MemberData(nameof(BuiltPages))]
    public void The_project_of_a_page_fails_as_the_page_says_until_it_is_fixed(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);
        RequireTools(page);
        using ExampleProject project = new(page);

        string[] printed = project.Follow(page.Example);

        Assert.True(
            printed.Length == page.Output.Length && printed.Zip(page.Output).All(pair => DiagnosticPage.Matches(pair.Second, pair.First)),
            $"{page}: the build prints\n{string.Join('\n', printed)}");
        Assert.All(printed, line => Assert.Contains($" {code}: ", line, StringComparison.Ordinal));
        if (page.Fix.Any())
        {
            Assert.Equal("", string.Join('\n', project.Follow(page.Fix)));
        }
    }

    private static void RequireTools(DiagnosticPage page)
    {
        string script = string.Concat(
            page.Example.Concat(page.Fix).Where(block => block.Language == "sh").Select(block => block.Text));
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            OperatingSystem.IsLinux() || script.StartsWith("dotnet", StringComparison.Ordinal),
            "probe shell: the example has commands of a shell");
        foreach (string program in (string[])["gcc", "clang", "objcopy"])
        {
            Assert.SkipWhen(
                script.Contains(program + " ", StringComparison.Ordinal)
                    && !folders.Any(folder => File.Exists(Path.Combine(folder, program))),
                $"probe {program}: the program is not in PATH");
        }
    }
}
