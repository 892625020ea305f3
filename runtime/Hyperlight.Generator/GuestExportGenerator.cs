using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>
/// Makes the methods of classes with <c>Hyperlight.GuestExportAttribute</c> functions that the host can call, and implements the host
/// interfaces that code of the guest uses.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GuestExportGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GuestExportReading> readings = context.SyntaxProvider.ForAttributeWithMetadataName(
            Sides.GuestExport, static (node, _) => node is ClassDeclarationSyntax, GuestExportReader.Read);
        context.RegisterSourceOutput(
            readings.Where(static reading => reading.Export is not null).Select(static (reading, _) => reading.Export!),
            static (output, export) => Add(output, GuestExportSource.FileName(export), GuestExportSource.Write(export)));

        IncrementalValuesProvider<HostUse> uses = context.SyntaxProvider
            .CreateSyntaxProvider(static (node, _) => HostUse.MayBe(node), HostUse.Of)
            .Where(static use => use is not null)
            .Select(static (use, _) => use!);
        IncrementalValueProvider<EquatableArray<HostUse>> all = uses.Collect()
            .Combine(readings.SelectMany(static (reading, _) => reading.Uses).Collect())
            .Select(static (found, _) => new EquatableArray<HostUse>(found.Left.Concat(found.Right)));
        context.RegisterSourceOutput(
            all.SelectMany(static (found, _) => found.Where(use => use.Host is not null).Select(use => use.Host!).Distinct()),
            static (output, host) => Add(output, HostProxySource.FileName(host), HostProxySource.Write(host)));

        IncrementalValueProvider<string> help = CompilerRule.HelpAddress(context);
        Report(readings.SelectMany(static (reading, _) => reading.Problems));
        Report(readings.Collect().SelectMany(static (found, _) => GuestExportReader.Duplicates(found)));
        Report(all.SelectMany(static (found, _) => found.SelectMany(use => use.Problems).Distinct()));

        void Report(IncrementalValuesProvider<Problem> problems) => context.RegisterSourceOutput(
            problems.Combine(help),
            static (output, found) => output.ReportDiagnostic(found.Left.ToDiagnostic(found.Right)));
    }

    private static void Add(SourceProductionContext output, string name, string text) =>
        output.AddSource(name, SourceText.From(text, Encoding.UTF8));
}
