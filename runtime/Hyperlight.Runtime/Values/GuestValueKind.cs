namespace Hyperlight;

/// <summary>
/// The type of a value that crosses between host and guest. The numbers 1 to 9 are those on the wire (amd64 sheet, section 5.4).
/// </summary>
// CA1720: the names are those of the C# types, because a value has the same type on both sides.
#pragma warning disable CA1720
public enum GuestValueKind
{
    /// <summary>No value: the result of a function that returns nothing.</summary>
    Void = 0,

    /// <summary>A signed 32-bit number, <see cref="int"/>.</summary>
    Int = 1,

    /// <summary>An unsigned 32-bit number, <see cref="uint"/>.</summary>
    UInt = 2,

    /// <summary>A signed 64-bit number, <see cref="long"/>.</summary>
    Long = 3,

    /// <summary>An unsigned 64-bit number, <see cref="ulong"/>.</summary>
    ULong = 4,

    /// <summary>A 32-bit floating-point number, <see cref="float"/>.</summary>
    Float = 5,

    /// <summary>A 64-bit floating-point number, <see cref="double"/>.</summary>
    Double = 6,

    /// <summary>Text, <see cref="string"/>; UTF-8 on the wire.</summary>
    String = 7,

    /// <summary>True or false, <see cref="bool"/>.</summary>
    Bool = 8,

    /// <summary>Bytes, an array or <see cref="ReadOnlyMemory{T}"/>.</summary>
    Bytes = 9,
}
