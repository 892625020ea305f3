namespace Hyperlight.Testing.Assemblies;

/// <summary>The name of a type that is not nested.</summary>
/// <param name="Assembly">The simple name of the assembly that defines the type.</param>
/// <param name="FullName">The namespace and the name, as in <c>System.Collections.Generic.List`1</c>.</param>
public readonly record struct TypeName(string Assembly, string FullName)
{
    /// <inheritdoc/>
    public override string ToString() => FullName;
}
