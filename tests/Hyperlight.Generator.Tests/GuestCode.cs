using System.Collections.Immutable;
using System.Globalization;
using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator.Tests;

/// <summary>Source code of a guest, in a project of an editor.</summary>
internal sealed class GuestCode
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly AdhocWorkspace Workspace = new();

    private static readonly MetadataReference[] Framework =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path))];

    public GuestCode(string source)
        : this(Workspace.CurrentSolution.AddProject("Tested", "Tested", LanguageNames.CSharp)
            .WithMetadataReferences(Framework)
            .WithCompilationOptions(
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable))
            .AddDocument("Usings.cs", Usings).Project
            .AddDocument("Program.cs", SourceText.From(source)))
    {
    }

    private GuestCode(Document document) => Document = document;

    public Document Document { get; }

    /// <summary>Gets the C# of a page's example or fix.</summary>
    public static string Of(IEnumerable<CodeBlock> blocks) =>
        string.Concat(blocks.Where(block => block.Language == "csharp").Select(block => block.Text));

    /// <summary>Gets the line that the compiler prints for a warning.</summary>
    public static string LineOf(Diagnostic warning)
    {
        LinePosition place = warning.Location.GetLineSpan().StartLinePosition;
        return $"Program.cs({place.Line + 1},{place.Character + 1}): warning {warning.Id}: "
            + warning.GetMessage(CultureInfo.InvariantCulture);
    }

    /// <summary>Gets the warnings of the analyzer, in the order of their places. The code must compile.</summary>
    public async Task<ImmutableArray<Diagnostic>> WarningsAsync(bool isGuest = true, string? helpAddress = null)
    {
        Compilation compilation = (await Document.Project.GetCompilationAsync())!;
        Assert.DoesNotContain(compilation.GetDiagnostics(), found => found.Severity == DiagnosticSeverity.Error);
        AnalyzerOptions options = new([], new BuildProperties(helpAddress, isGuest ? "0.1.0" : null));
        ImmutableArray<Diagnostic> all = await compilation.WithAnalyzers([new GuestApiAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
        return [.. all.OrderBy(found => found.Location.SourceSpan.Start)];
    }
}
