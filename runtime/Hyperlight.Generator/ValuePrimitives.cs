using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>The types that ValueWriter and ValueReader have a method for.</summary>
internal static class ValuePrimitives
{
    /// <summary>Gets the shape of a type; <c>null</c> if the type is no primitive.</summary>
    public static ValueShape? Of(ITypeSymbol type) => type switch
    {
        { SpecialType: SpecialType.System_Boolean } => Shape("bool", "Boolean"),
        { SpecialType: SpecialType.System_Byte } => Shape("byte", "Byte"),
        { SpecialType: SpecialType.System_SByte } => Shape("sbyte", "SByte"),
        { SpecialType: SpecialType.System_Int16 } => Shape("short", "Int16"),
        { SpecialType: SpecialType.System_UInt16 } => Shape("ushort", "UInt16"),
        { SpecialType: SpecialType.System_Int32 } => Shape("int", "Int32"),
        { SpecialType: SpecialType.System_UInt32 } => Shape("uint", "UInt32"),
        { SpecialType: SpecialType.System_Int64 } => Shape("long", "Int64"),
        { SpecialType: SpecialType.System_UInt64 } => Shape("ulong", "UInt64"),
        { SpecialType: SpecialType.System_Char } => Shape("char", "Char"),
        { SpecialType: SpecialType.System_Single } => Shape("float", "Single", sizeof(float)),
        { SpecialType: SpecialType.System_Double } => Shape("double", "Double", sizeof(double)),
        { SpecialType: SpecialType.System_Decimal } => Shape("decimal", "Decimal", sizeof(decimal)),
        { SpecialType: SpecialType.System_String } => Shape("string", "String"),
        { SpecialType: SpecialType.System_DateTime } => Shape("global::System.DateTime", "DateTime", 1 + sizeof(long)),
        IArrayTypeSymbol { IsSZArray: true, ElementType.SpecialType: SpecialType.System_Byte } => Shape("byte[]", "Bytes"),
        INamedTypeSymbol memory
            when memory.IsFromSystem("ReadOnlyMemory`1") && memory.TypeArguments[0].SpecialType == SpecialType.System_Byte =>
            Shape("global::System.ReadOnlyMemory<byte>", "Bytes"),
        _ when type.IsFromSystem("DateTimeOffset") => Shape("global::System.DateTimeOffset", "DateTimeOffset", sizeof(long) + 1),
        _ when type.IsFromSystem("TimeSpan") => Shape("global::System.TimeSpan", "TimeSpan", sizeof(long)),
        _ when type.IsFromSystem("DateOnly") => Shape("global::System.DateOnly", "DateOnly"),
        _ when type.IsFromSystem("TimeOnly") => Shape("global::System.TimeOnly", "TimeOnly", sizeof(long)),
        _ when type.IsFromSystem("Guid") => Shape("global::System.Guid", "Guid", 16),
        _ => null,
    };

    private static ValueShape Shape(string csharp, string method, int size = 1) =>
        new(csharp, ValueKind.Primitive, method, SmallestSize: size);
}
