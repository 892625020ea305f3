namespace Hyperlight.Testing.Assemblies;

/// <summary>The name of a type that is not nested.</summary>
/// <param name="Assembly">The simple name of the assembly that defines the type.</param>
/// <param name="FullName">The namespace and the name, as in <c>System.Collections.Generic.List`1</c>.</param>
public readonly record struct TypeName(string Assembly, string FullName)
{
    /// <summary>Gets the namespace; empty for a type without one.</summary>
    public string Namespace => FullName[..Math.Max(0, FullName.LastIndexOf('.'))];

    /// <summary>Gets the name without the namespace.</summary>
    public string Name => FullName[(FullName.LastIndexOf('.') + 1)..];

    /// <inheritdoc/>
    public override string ToString() => FullName;
}
