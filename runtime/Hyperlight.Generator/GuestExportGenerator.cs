using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>Makes the methods of classes with <c>Hyperlight.GuestExportAttribute</c> functions that the host can call.</summary>
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
            static (output, export) =>
                output.AddSource(GuestExportSource.FileName(export), SourceText.From(GuestExportSource.Write(export), Encoding.UTF8)));

        IncrementalValueProvider<string> help = CompilerRule.HelpAddress(context);
        context.RegisterSourceOutput(
            readings.SelectMany(static (reading, _) => reading.Problems).Combine(help),
            static (output, found) => output.ReportDiagnostic(found.Left.ToDiagnostic(found.Right)));
    }
}
