using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>
/// Implements the interfaces that are marked with <c>Hyperlight.GuestInterfaceAttribute</c> for a host, adds those marked with
/// <c>Hyperlight.HostInterfaceAttribute</c> to the functions of a host, and reports problems. An interface with a problem gets its
/// generated methods too, so that calls of the methods cause no further errors.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GuestInterfaceGenerator : IIncrementalGenerator
{
    /// <summary>The names of the steps whose results a test reads.</summary>
    internal const string ReadingStep = "Reading", InterfaceStep = "Interface";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GuestInterfaceReading> readings = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                Sides.GuestInterface, static (node, _) => node is InterfaceDeclarationSyntax, GuestInterfaceReader.Read)
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
                Add(output, InterfaceFile.Name(guest), GuestProxySource.Write(guest)));

        IncrementalValuesProvider<GuestInterfaceReading> hostReadings = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                Sides.HostInterface, static (node, _) => node is InterfaceDeclarationSyntax, GuestInterfaceReader.ReadOfHost)
            .Where(static reading => reading is not null)
            .Select(static (reading, _) => reading!);
        context.RegisterSourceOutput(
            hostReadings.Where(static reading => reading.Interface is not null).Select(static (reading, _) => reading.Interface!),
            static (output, host) => Add(output, HostFunctionsSource.FileName(host), HostFunctionsSource.Write(host)));

        IncrementalValueProvider<ReferencedInterfaces> referenced = context.CompilationProvider.Select(ReferencedInterfaces.Of);
        context.RegisterSourceOutput(referenced, static (output, found) =>
        {
            foreach (GuestInterface guest in found.OfGuest)
            {
                Add(output, InterfaceFile.Name(guest), GuestProxySource.WriteExtension(guest, found.HasExtensions));
            }

            foreach (GuestInterface host in found.OfHost)
            {
                Add(output, HostFunctionsSource.FileName(host), HostFunctionsSource.Write(host));
            }
        });

        IncrementalValueProvider<string> help = CompilerRule.HelpAddress(context);
        Report(readings.SelectMany(static (reading, _) => reading.Problems));
        Report(hostReadings.SelectMany(static (reading, _) => reading.Problems));
        Report(referenced.SelectMany(static (found, _) => found.Problems));

        void Report(IncrementalValuesProvider<Problem> problems) => context.RegisterSourceOutput(
            problems.Combine(help),
            static (output, found) => output.ReportDiagnostic(found.Left.ToDiagnostic(found.Right)));
    }

    private static void Add(SourceProductionContext output, string name, string text) =>
        output.AddSource(name, SourceText.From(text, Encoding.UTF8));
}
