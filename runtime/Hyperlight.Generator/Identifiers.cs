using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator;

/// <summary>Names as generated code and messages write them.</summary>
internal static class Identifiers
{
    /// <summary>A name that may be a word of the language.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None && SyntaxFacts.GetContextualKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    /// <summary>A member after its interface.</summary>
    public static string FullName(ISymbol member) => $"{member.ContainingType.Name}.{member.Name}";

    /// <summary>A type as its user wrote it, as far as that can be told.</summary>
    public static string TypeName(ITypeSymbol type) => type.ToDisplayString(
        SymbolDisplayFormat.MinimallyQualifiedFormat.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier));
}
