using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hyperlight.Generator;

/// <summary>
/// Finds what would leave a guest without functions, or with code that never runs: entry points, and classes that implement a guest
/// interface and are not exported. Adds no source. An analyzer could not find entry points, because after the error of the compiler
/// about statements outside of a class no analyzer runs.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GuestProgramGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<bool> isGuest = context.AnalyzerConfigOptionsProvider.Select(
            static (options, _) => Sides.IsGuest(options));
        IncrementalValueProvider<string> help = CompilerRule.HelpAddress(context);
        IncrementalValueProvider<ImmutableArray<Implementation>> implementations = context.SyntaxProvider
            .CreateSyntaxProvider(
                static (node, _) => node is TypeDeclarationSyntax { BaseList: not null } and not InterfaceDeclarationSyntax,
                static (found, token) => Implementation.Of((INamedTypeSymbol)found.SemanticModel.GetDeclaredSymbol(found.Node, token)!))
            .Where(static implementation => implementation is not null)
            .Select(static (implementation, _) => implementation!)
            .Collect();

        Report(context.SyntaxProvider.CreateSyntaxProvider(static (node, _) => IsEntryPoint(node), static (found, _) => EntryPoint(found)));
        Report(implementations.SelectMany(static (all, _) => NotExported(all)));

        void Report(IncrementalValuesProvider<Problem> problems) => context.RegisterSourceOutput(
            problems.Combine(isGuest).Where(static found => found.Right).Select(static (found, _) => found.Left).Combine(help),
            static (output, found) => output.ReportDiagnostic(found.Left.ToDiagnostic(found.Right)));
    }

    // The first of the statements outside of a class stands for all of them.
    private static bool IsEntryPoint(SyntaxNode node) => node switch
    {
        GlobalStatementSyntax { Parent: CompilationUnitSyntax unit } => unit.Members.OfType<GlobalStatementSyntax>().First() == node,
        MethodDeclarationSyntax { Identifier.ValueText: "Main", ParameterList.Parameters.Count: <= 1 } method =>
            method.Modifiers.Any(SyntaxKind.StaticKeyword) && method.ReturnType.ToString() is "void" or "int" or "Task" or "Task<int>",
        _ => false,
    };

    private static Problem EntryPoint(GeneratorSyntaxContext found) => found.Node is MethodDeclarationSyntax method
        ? new(
            TypedCallRules.EntryPoint,
            SourcePlace.Of(method.Identifier.GetLocation()),
            new([$"{found.SemanticModel.GetDeclaredSymbol(method)?.ContainingType.Name}.Main"]))
        : new(TypedCallRules.EntryPoint, SourcePlace.Of(found.Node.GetLocation()), new(["A statement outside of a class"]));

    private static IEnumerable<Problem> NotExported(ImmutableArray<Implementation> all)
    {
        HashSet<string> exported = [.. all.Where(other => other.IsExported).SelectMany(other => other.Interfaces)];
        return all.Distinct()
            .Select(type => (type, Missing: type.Interfaces.FirstOrDefault(guest => !exported.Contains(guest))))
            .Where(found => found.Missing is not null)
            .Select(found => new Problem(TypedCallRules.NotExported, found.type.Place, new([found.type.Name, found.Missing])));
    }

    /// <summary>A class that implements guest interfaces.</summary>
    private sealed record Implementation(string Name, SourcePlace Place, EquatableArray<string> Interfaces, bool IsExported)
    {
        public static Implementation? Of(INamedTypeSymbol type)
        {
            string[] guests = [.. type.AllInterfaces.Where(Sides.IsGuestInterface).Select(guest => guest.ToDisplayString())];
            return guests.Length == 0 || type.IsAbstract
                ? null
                : new(type.Name, SourcePlace.Of(type), new(guests), Sides.IsExported(type));
        }
    }
}
