using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator;

/// <summary>Writes names for generated code and messages.</summary>
internal static class Identifiers
{
    /// <summary>Gets a name as C# writes it, with @ in front of a name that is a keyword of C#.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None && SyntaxFacts.GetContextualKeywordKind(name) == SyntaxKind.None
            ? name
            : "@" + name;

    /// <summary>Gets the name of a member, with its interface in front.</summary>
    public static string FullName(ISymbol member) => $"{member.ContainingType.Name}.{member.Name}";

    /// <summary>Gets a type as generated code writes it.</summary>
    public static string FullType(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>Gets the name of a type as the program writes it, as far as the compiler knows it.</summary>
    public static string TypeName(ITypeSymbol type) => type.ToDisplayString(
        SymbolDisplayFormat.MinimallyQualifiedFormat.AddMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier));
}
