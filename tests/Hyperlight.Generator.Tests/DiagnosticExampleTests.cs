using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator.Tests;

/// <summary>The examples of <c>docs/diagnostics</c> that are interfaces: each is the file Program.cs of a project.</summary>
public sealed partial class DiagnosticExampleTests
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Hyperlight;
        """;

    public static TheoryData<string> CompiledPages =>
        [.. DiagnosticPage.All.Select(page => page.Code).Where(code => code.StartsWith("HL6", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(CompiledPages))]
    public void The_interface_of_a_page_is_turned_down_as_the_page_says_until_it_is_fixed(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);

        GeneratorRun run = Compile(page.Example);

        string[] printed = [.. run.Found.Select(LineOf)];
        Assert.True(
            printed.Length == page.Output.Length && printed.Zip(page.Output).All(pair => DiagnosticPage.Matches(pair.Second, pair.First)),
            $"{page}: the build prints\n{string.Join('\n', printed)}");
        Assert.All(run.Found, found => Assert.Equal(code, found.Id));
        GeneratorRun corrected = Compile([.. page.Example.Where(block => !Replaces(page.Fix, block)), .. page.Fix]);
        Assert.Empty(corrected.Found.Concat(corrected.OfCompiler.Where(error => error.Severity == DiagnosticSeverity.Error)));
    }

    private static bool Replaces(IEnumerable<CodeBlock> blocks, CodeBlock other) =>
        blocks.Any(block => (block.Language, block.FileName) == (other.Language, other.FileName));

    private static GeneratorRun Compile(IEnumerable<CodeBlock> blocks)
    {
        string source = string.Concat(blocks.Where(block => block.Language == "csharp").Select(block => block.Text));
        string project = string.Concat(blocks.Where(block => block.FileName == "App.csproj").Select(block => block.Text));
        return LanguageVersionOfProject().Match(project) is { Success: true } version
            && LanguageVersionFacts.TryParse(version.Groups[1].Value, out LanguageVersion language)
            ? GeneratorRun.Of(source, language)
            : GeneratorRun.Of([source, ImplicitUsings], isGuest: true);
    }

    private static string LineOf(Diagnostic found)
    {
        Microsoft.CodeAnalysis.Text.LinePosition place = found.Location.GetLineSpan().StartLinePosition;
        string message = found.GetMessage(CultureInfo.InvariantCulture);
        return $"Program.cs({place.Line + 1},{place.Character + 1}): {found.Severity.ToString().ToLowerInvariant()} {found.Id}: {message}";
    }

    [GeneratedRegex("<LangVersion>(.*)</LangVersion>")]
    private static partial Regex LanguageVersionOfProject();
}
