using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>A C# type that can cross between host and guest.</summary>
/// <param name="CSharp">The type as generated code writes it.</param>
/// <param name="Wire">
/// The name of the type in GuestValueKind, which is the same for byte[] and ReadOnlyMemory&lt;byte&gt;; the type's own name if the protocol
/// does not have the type.
/// </param>
/// <param name="IsOfProtocol">Whether the protocol has the type. All other types cross in the binary form.</param>
internal sealed record WireType(string CSharp, string Wire, bool IsOfProtocol = true)
{
    /// <summary>The types that parameters can have, for messages.</summary>
    public const string Allowed =
        "numbers, bool, char, string, byte[], ReadOnlyMemory<byte>, times, Guid, enums, your records, structs and classes, or an array, "
        + "List<T>, Dictionary<string, T> or nullable form of these";

    /// <summary>The result of a function that returns nothing.</summary>
    public static readonly WireType Void = new("void", "Void");

    /// <summary>
    /// Gets the wire type of a C# type, or <c>null</c> if the protocol does not have the type. The protocol has no <c>null</c>.
    /// </summary>
    public static WireType? Of(ITypeSymbol type) => type switch
    {
        { NullableAnnotation: NullableAnnotation.Annotated } => null,
        { SpecialType: SpecialType.System_Int32 } => new("int", "Int"),
        { SpecialType: SpecialType.System_UInt32 } => new("uint", "UInt"),
        { SpecialType: SpecialType.System_Int64 } => new("long", "Long"),
        { SpecialType: SpecialType.System_UInt64 } => new("ulong", "ULong"),
        { SpecialType: SpecialType.System_Single } => new("float", "Float"),
        { SpecialType: SpecialType.System_Double } => new("double", "Double"),
        { SpecialType: SpecialType.System_String } => new("string", "String"),
        { SpecialType: SpecialType.System_Boolean } => new("bool", "Bool"),
        IArrayTypeSymbol { IsSZArray: true, ElementType.SpecialType: SpecialType.System_Byte } => new("byte[]", "Bytes"),
        INamedTypeSymbol memory
            when memory.IsFromSystem("ReadOnlyMemory`1") && memory.TypeArguments[0].SpecialType == SpecialType.System_Byte =>
            new("global::System.ReadOnlyMemory<byte>", "Bytes"),
        _ => null,
    };
}
