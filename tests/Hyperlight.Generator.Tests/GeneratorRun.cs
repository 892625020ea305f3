using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator.Tests;

/// <summary>The result of a compilation with the generator.</summary>
internal sealed class GeneratorRun
{
    // The assemblies of the framework that this test runs on, and the assemblies of the runtime beside it.
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name is "Hyperlight.Runtime.dll" or "Hyperlight.Image.dll" or "Hyperlight.Abstractions.dll"
                    or "Hyperlight.Guest.dll" or "netstandard.dll"))
            .Select(path => MetadataReference.CreateFromFile(path))];

    private static readonly MetadataReference[] ReferencesOfGuest =
        [.. References.Where(reference => Path.GetFileName(reference.Display) is not ("Hyperlight.Runtime.dll" or "Hyperlight.Image.dll"))];

    private static readonly MetadataReference[] ReferencesOfShared =
        [.. ReferencesOfGuest.Where(reference => Path.GetFileName(reference.Display) is not "Hyperlight.Guest.dll")];

    private GeneratorRun(CSharpCompilation compilation, GeneratorDriver driver)
    {
        Driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out ImmutableArray<Diagnostic> found);
        Found = found;
        Input = compilation;
        Output = output;
    }

    public CSharpCompilation Input { get; }

    public Compilation Output { get; }

    public GeneratorDriver Driver { get; }

    /// <summary>The diagnostics of the generator.</summary>
    public ImmutableArray<Diagnostic> Found { get; }

    /// <summary>The warnings and errors of the compiler.</summary>
    public IEnumerable<Diagnostic> OfCompiler =>
        Output.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);

    /// <summary>The generated files.</summary>
    public ImmutableArray<GeneratedSourceResult> Files => [.. Driver.GetRunResult().Results.SelectMany(result => result.GeneratedSources)];

    public static GeneratorRun Of(
        string source, LanguageVersion language = LanguageVersion.CSharp13, bool nullable = true, string? helpAddress = null,
        bool allowUnsafe = false) =>
        Of([source], language, nullable, helpAddress, allowUnsafe: allowUnsafe);

    public static GeneratorRun Of(
        string[] sources,
        LanguageVersion language = LanguageVersion.CSharp13,
        bool nullable = true,
        string? helpAddress = null,
        OutputKind kind = OutputKind.DynamicallyLinkedLibrary,
        Side side = Side.Both,
        string name = "Tested",
        MetadataReference? more = null,
        bool isGuest = false,
        bool allowUnsafe = false)
    {
        CSharpParseOptions options = new(language, DocumentationMode.Diagnose);
        CSharpCompilation compilation = CSharpCompilation.Create(
            name,
            sources.Select((source, index) => CSharpSyntaxTree.ParseText(SourceText.From(source), options, $"Source{index}.cs")),
            [
                .. side switch { Side.Both => References, Side.Guest => ReferencesOfGuest, _ => ReferencesOfShared },
                .. more is null ? [] : (MetadataReference[])[more],
            ],
            new(kind, nullableContextOptions: nullable
                ? NullableContextOptions.Enable
                : NullableContextOptions.Disable, warningLevel: 9999, allowUnsafe: allowUnsafe));
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new GuestInterfaceGenerator().AsSourceGenerator(), new GuestExportGenerator().AsSourceGenerator(),
                new GuestProgramGenerator().AsSourceGenerator()],
            parseOptions: options,
            optionsProvider: new BuildProperties(helpAddress, isGuest ? "0.1.0" : null),
            driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        return new(compilation, driver);
    }

    /// <summary>Gets the compiled assembly.</summary>
    public byte[] Emit()
    {
        using MemoryStream assembly = new();
        Assert.Empty(Output.Emit(assembly).Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error));
        return assembly.ToArray();
    }

    /// <summary>Runs the same generator again with a changed compilation.</summary>
    public GeneratorRun Again(Func<CSharpCompilation, CSharpCompilation> change) => new(change(Input), Driver);
}
