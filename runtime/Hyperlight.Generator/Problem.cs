using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>A problem of a guest interface.</summary>
/// <param name="Rule">The kind of problem, one of <see cref="TypedCallRules"/>.</param>
/// <param name="Place">The place of the problem.</param>
/// <param name="Arguments">The texts for the gaps in the message of the rule.</param>
internal sealed record Problem(DiagnosticDescriptor Rule, SourcePlace Place, EquatableArray<string> Arguments)
{
    public static Problem At(ISymbol symbol, DiagnosticDescriptor rule, params string[] arguments) =>
        new(rule, SourcePlace.Of(symbol), new(arguments));

    /// <summary>
    /// Gets the problems of an interface that code which uses the interface reports: none if the interface is of the same project, where
    /// the interface itself is reported, and otherwise all at the place of the use.
    /// </summary>
    /// <param name="problems">The problems.</param>
    /// <param name="type">The interface.</param>
    /// <param name="place">The place of the use.</param>
    /// <param name="user">The assembly of the use.</param>
    public static IEnumerable<Problem> AtUse(
        IEnumerable<Problem> problems, INamedTypeSymbol type, SourcePlace place, IAssemblySymbol user) =>
        SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, user)
            ? []
            : problems.Select(problem => problem with { Place = place });

    /// <summary>Creates the diagnostic for the compiler.</summary>
    /// <param name="helpAddress">The address of the folder with a page for each rule; empty if the address is not known.</param>
    public Diagnostic ToDiagnostic(string helpAddress) =>
        Diagnostic.Create(Rule.WithPage(helpAddress), Place.ToLocation(), [.. Arguments]);
}

/// <summary>
/// A place in a source file. A <see cref="Location"/> would keep the whole compilation in memory, and would differ from one compilation to
/// the next.
/// </summary>
internal sealed record SourcePlace(string File, TextSpan Span, LinePositionSpan Lines)
{
    /// <summary>Gets the place of a symbol's declaration, which has no file if the symbol is of another assembly.</summary>
    public static SourcePlace Of(ISymbol symbol) => symbol.Locations.FirstOrDefault(location => location.IsInSource) is { } location
        ? Of(location)
        : new("", default, default);

    /// <summary>Gets a place in a source file.</summary>
    public static SourcePlace Of(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);

    public Location ToLocation() => this == new SourcePlace("", default, default) ? Location.None : Location.Create(File, Span, Lines);
}
