using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests that the generator reuses its results while a user types.</summary>
public sealed class CachingTests
{
    private const string Source = "[Hyperlight.GuestInterface] partial interface I { int Add(int a); }";
    private const string Wrong = "[Hyperlight.GuestInterface] partial interface IWrong { int Add(object a); }";

    [Fact]
    public void An_edit_elsewhere_reuses_every_output()
    {
        GeneratorRun first = GeneratorRun.Of([Source, Wrong, "class Other;"]);

        GeneratorRun second = first.Again(compilation => Replace(compilation, 2, "class Other { int _field; }"));

        Assert.Equal(2, second.Files.Length);
        Assert.Equal("HL6006", Assert.Single(second.Found).Id);
        Assert.All(OutputsOf(second), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.All(StepsOf(second, GuestInterfaceGenerator.ReadingStep), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void An_edit_above_an_interface_does_not_write_its_code_again()
    {
        GeneratorRun first = GeneratorRun.Of([Source, Wrong]);

        GeneratorRun second = first.Again(compilation => Replace(compilation, 1, "\n\n// moved\n" + Wrong));

        Assert.Equal(3, Assert.Single(second.Found).Location.GetLineSpan().StartLinePosition.Line);
        Assert.All(
            StepsOf(second, GuestInterfaceGenerator.InterfaceStep),
            reason => Assert.Contains(
                reason, (IncrementalStepRunReason[])[IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged]));
    }

    [Fact]
    public void An_edit_of_an_interface_writes_it_again()
    {
        GeneratorRun first = GeneratorRun.Of([Source]);

        GeneratorRun second = first.Again(compilation => Replace(compilation, 0, Source.Replace("Add", "Sum", StringComparison.Ordinal)));

        Assert.Contains("\"Sum\"", Assert.Single(second.Files).SourceText.ToString(), StringComparison.Ordinal);
        Assert.Contains(IncrementalStepRunReason.Modified, OutputsOf(second));
    }

    private static CSharpCompilation Replace(CSharpCompilation compilation, int index, string source)
    {
        SyntaxTree old = compilation.SyntaxTrees[index];
        return compilation.ReplaceSyntaxTree(old, CSharpSyntaxTree.ParseText(source, (CSharpParseOptions)old.Options, old.FilePath));
    }

    private static IncrementalStepRunReason[] OutputsOf(GeneratorRun run) =>
        ReasonsOf(Result(run).TrackedOutputSteps.SelectMany(steps => steps.Value));

    private static IncrementalStepRunReason[] StepsOf(GeneratorRun run, string name) => ReasonsOf(Result(run).TrackedSteps[name]);

    private static IncrementalStepRunReason[] ReasonsOf(IEnumerable<IncrementalGeneratorRunStep> steps)
    {
        IncrementalStepRunReason[] reasons = [.. steps.SelectMany(step => step.Outputs).Select(output => output.Reason)];
        Assert.NotEmpty(reasons);
        return reasons;
    }

    private static GeneratorRunResult Result(GeneratorRun run) => run.Driver.GetRunResult().Results[0];
}
