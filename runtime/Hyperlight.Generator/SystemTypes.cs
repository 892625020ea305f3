using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Recognises types of the base class library.</summary>
internal static class SystemTypes
{
    /// <summary>Gets whether a type is in the namespace System, or in a namespace below it, and has a metadata name.</summary>
    /// <param name="type">The type.</param>
    /// <param name="name">The name without <c>System.</c>, for example <c>Threading.Tasks.Task`1</c>.</param>
    public static bool IsFromSystem(this ITypeSymbol type, string name) =>
        type is INamedTypeSymbol { ContainingType: null, ContainingNamespace: { } space }
        && string.Equals($"{space.ToDisplayString()}.{type.MetadataName}", "System." + name, StringComparison.Ordinal);
}
