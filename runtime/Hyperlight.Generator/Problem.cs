using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator;

/// <summary>Something that is wrong with a guest interface.</summary>
/// <param name="Rule">What kind of problem; one of <see cref="TypedCallRules"/>.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Arguments">What the rule's message is to be completed with.</param>
internal sealed record Problem(DiagnosticDescriptor Rule, SourcePlace Place, EquatableArray<string> Arguments)
{
    public static Problem At(ISymbol symbol, DiagnosticDescriptor rule, params string[] arguments) =>
        new(rule, SourcePlace.Of(symbol), new(arguments));

    /// <param name="helpRoot">The address of the folder with a page for each rule, empty when it is not known.</param>
    public Diagnostic ToDiagnostic(string helpRoot)
    {
        DiagnosticDescriptor rule = helpRoot.Length == 0
            ? Rule
            : new(
                Rule.Id, Rule.Title, Rule.MessageFormat, Rule.Category, Rule.DefaultSeverity, Rule.IsEnabledByDefault,
                helpLinkUri: $"{helpRoot}{Rule.Id}.md");
        return Diagnostic.Create(rule, Place.ToLocation(), [.. Arguments]);
    }
}

/// <summary>A place in a source file. A <see cref="Location"/> would keep the whole compilation alive and differ from one to the next.</summary>
internal sealed record SourcePlace(string File, TextSpan Span, LinePositionSpan Lines)
{
    /// <summary>Where a symbol is declared.</summary>
    public static SourcePlace Of(ISymbol symbol)
    {
        Location location = symbol.Locations[0];
        return new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);
    }

    public Location ToLocation() => Location.Create(File, Span, Lines);
}
