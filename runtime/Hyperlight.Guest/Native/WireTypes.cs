namespace Hyperlight.Guest.Native;

/// <summary>The types of parameters (hl_ParameterType).</summary>
internal static class WireParameter
{
    public const int Int = 0, UInt = 1, Long = 2, ULong = 3, Float = 4, Double = 5, String = 6, Bool = 7, Bytes = 8;

    /// <summary>Gets the type that a C# type travels as.</summary>
    /// <exception cref="NotSupportedException">The type cannot cross between host and guest.</exception>
    public static int Of<T>() =>
        typeof(T) == typeof(int) ? Int
        : typeof(T) == typeof(uint) ? UInt
        : typeof(T) == typeof(long) ? Long
        : typeof(T) == typeof(ulong) ? ULong
        : typeof(T) == typeof(float) ? Float
        : typeof(T) == typeof(double) ? Double
        : typeof(T) == typeof(string) ? String
        : typeof(T) == typeof(bool) ? Bool
        : typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>) ? Bytes
        : throw new NotSupportedException(
            $"{typeof(T)} cannot cross between host and guest: use int, uint, long, ulong, float, double, string, bool, byte[] or "
            + "ReadOnlyMemory<byte>.");

    /// <summary>Gets the name of a type, for messages.</summary>
    public static string Name(int type) => type switch
    {
        Int => "int",
        UInt => "uint",
        Long => "long",
        ULong => "ulong",
        Float => "float",
        Double => "double",
        String => "string",
        Bool => "bool",
        Bytes => "byte[]",
        _ => $"type {type}",
    };
}

/// <summary>The types of results (hl_ReturnType). They are those of parameters up to Bool.</summary>
internal static class WireResult
{
    public const int Void = 8, Bytes = 9;

    /// <summary>Gets the name of a type, for messages.</summary>
    public static string Name(int type) => type switch
    {
        Void => "nothing",
        Bytes => "byte[]",
        _ => WireParameter.Name(type),
    };

    /// <summary>Gets the type of the result that a C# type travels as.</summary>
    /// <inheritdoc cref="WireParameter.Of"/>
    public static int Of<T>() => WireParameter.Of<T>() is var type && type == WireParameter.Bytes ? Bytes : type;
}
