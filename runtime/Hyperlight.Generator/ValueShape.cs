namespace Hyperlight.Generator;

/// <summary>A type whose values cross in the binary form of typed calls.</summary>
/// <param name="CSharp">The type as generated code writes it, which is also the key of the shape.</param>
/// <param name="Kind">How the value is written.</param>
/// <param name="Method">
/// The suffix of the reader's method, for example <c>Int32</c>; empty unless the kind is a primitive or an enum.
/// </param>
/// <param name="Cast">The underlying type of an enum; empty for other types.</param>
/// <param name="Parts">The keys of the contained types: the items, the value that may be <c>null</c>, or the members.</param>
/// <param name="Members">The members of an object.</param>
/// <param name="CanBeDerived">Whether an object can be of a derived class, whose own members would be lost.</param>
/// <param name="SmallestSize">The smallest number of bytes of a value, at least 1.</param>
internal sealed record ValueShape(
    string CSharp,
    ValueKind Kind,
    string Method = "",
    string Cast = "",
    EquatableArray<string> Parts = default,
    EquatableArray<ValueMember> Members = default,
    bool CanBeDerived = false,
    int SmallestSize = 1);

/// <summary>The ways of writing a value.</summary>
internal enum ValueKind
{
    Primitive,
    Enum,
    NullableValue,
    NullableReference,
    Array,
    List,
    Dictionary,
    Value,
    Reference,
}

/// <summary>A member of an object.</summary>
/// <param name="Name">The name as C# writes it.</param>
/// <param name="IsArgument">Whether the value is an argument of the constructor; otherwise the initializer sets the member.</param>
internal sealed record ValueMember(string Name, bool IsArgument);

/// <summary>The binary form of a method.</summary>
/// <param name="FullName">The method with its interface, for messages.</param>
/// <param name="Signature">The hash of the types of the method.</param>
/// <param name="Parameters">The keys of the parameters' shapes.</param>
/// <param name="Result">The key of the result's shape; <c>null</c> if there is no result.</param>
/// <param name="Shapes">All shapes of the method, each before the shapes that contain it.</param>
internal sealed record ValueForm(
    string FullName, ulong Signature, EquatableArray<string> Parameters, string? Result, EquatableArray<ValueShape> Shapes);
