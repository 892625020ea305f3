using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>A C# type that can cross between host and guest.</summary>
/// <param name="CSharp">As generated code writes it.</param>
/// <param name="Wire">The type on the wire, in the words of GuestValueKind: byte[] and ReadOnlyMemory&lt;byte&gt; are one there.</param>
internal sealed record WireType(string CSharp, string Wire)
{
    /// <summary>The types of parameters, for messages.</summary>
    public const string Allowed = "int, uint, long, ulong, float, double, string, bool, byte[] or ReadOnlyMemory<byte>";

    /// <summary>The result of a function that returns nothing.</summary>
    public static readonly WireType Void = new("void", "Void");

    /// <summary>The counterpart of a type, null when it has none. Types that may be null have none: there is no null on the wire.</summary>
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
        INamedTypeSymbol memory when memory.IsFromSystem("ReadOnlyMemory`1") && memory.TypeArguments[0].SpecialType == SpecialType.System_Byte =>
            new("global::System.ReadOnlyMemory<byte>", "Bytes"),
        _ => null,
    };
}
