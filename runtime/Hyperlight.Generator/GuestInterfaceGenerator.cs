using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>
/// Implements the partial interfaces that are marked with <c>Hyperlight.GuestInterfaceAttribute</c>, and reports problems.
/// An interface with a problem gets its method <c>For</c> too, so that calls of the method cause no further errors.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GuestInterfaceGenerator : IIncrementalGenerator
{
    /// <summary>The names of the steps whose results a test reads.</summary>
    internal const string ReadingStep = "Reading", InterfaceStep = "Interface";

    private const string AttributeName = "Hyperlight.GuestInterfaceAttribute";

    // The build sets the address of the SDK's pages. Without the address messages have no link.
    private const string HelpProperty = "build_property._HyperlightHelp";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GuestInterfaceReading> readings = context.SyntaxProvider
            .ForAttributeWithMetadataName(AttributeName, static (node, _) => node is InterfaceDeclarationSyntax, GuestInterfaceReader.Read)
            .Where(static reading => reading is not null)
            .Select(static (reading, _) => reading!)
            .WithTrackingName(ReadingStep);

        // This step leaves out the problems, because an edit of earlier lines changes the places of the problems.
        IncrementalValuesProvider<GuestInterface> interfaces = readings
            .Where(static reading => reading.Interface is not null)
            .Select(static (reading, _) => reading.Interface!)
            .WithTrackingName(InterfaceStep);
        context.RegisterSourceOutput(
            interfaces,
            static (output, guest) =>
                output.AddSource(GuestProxySource.FileName(guest), SourceText.From(GuestProxySource.Write(guest), Encoding.UTF8)));

        IncrementalValueProvider<string> help = context.AnalyzerConfigOptionsProvider.Select(
            static (options, _) => options.GlobalOptions.TryGetValue(HelpProperty, out string? address) ? address : "");
        context.RegisterSourceOutput(
            readings.SelectMany(static (reading, _) => reading.Problems).Combine(help),
            static (output, found) => output.ReportDiagnostic(found.Left.ToDiagnostic(found.Right)));
    }
}
