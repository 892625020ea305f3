using System.Globalization;
using System.Runtime.InteropServices;

namespace Hyperlight;

/// <summary>
/// A value that crosses between host and guest. The C# types of the protocol convert to a <see cref="GuestValue"/> implicitly. Numbers and
/// booleans need no allocation. The default is <see cref="Void"/>.
/// </summary>
public readonly struct GuestValue : IEquatable<GuestValue>
{
    // The bits of a number. For bytes: the offset (low half) and the length (high half) in the array _object.
    private readonly ulong _bits;
    private readonly object? _object;

    private GuestValue(GuestValueKind kind, ulong bits, object? content = null)
    {
        Kind = kind;
        _bits = bits;
        _object = content;
    }

    /// <summary>Gets the result of a function that returns nothing.</summary>
    public static GuestValue Void => default;

    /// <summary>Gets the type of the value.</summary>
    public GuestValueKind Kind { get; }

    /// <summary>Creates a value from a signed 32-bit number.</summary>
    public static implicit operator GuestValue(int value) => new(GuestValueKind.Int, (uint)value);

    /// <summary>Creates a value from an unsigned 32-bit number.</summary>
    public static implicit operator GuestValue(uint value) => new(GuestValueKind.UInt, value);

    /// <summary>Creates a value from a signed 64-bit number.</summary>
    public static implicit operator GuestValue(long value) => new(GuestValueKind.Long, (ulong)value);

    /// <summary>Creates a value from an unsigned 64-bit number.</summary>
    public static implicit operator GuestValue(ulong value) => new(GuestValueKind.ULong, value);

    /// <summary>Creates a value from a 32-bit floating-point number.</summary>
    public static implicit operator GuestValue(float value) => new(GuestValueKind.Float, BitConverter.SingleToUInt32Bits(value));

    /// <summary>Creates a value from a 64-bit floating-point number.</summary>
    public static implicit operator GuestValue(double value) => new(GuestValueKind.Double, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Creates a value from a boolean.</summary>
    public static implicit operator GuestValue(bool value) => new(GuestValueKind.Bool, value ? 1UL : 0);

    /// <summary>Creates a value from a text.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is <c>null</c>, which the protocol does not have.</exception>
    public static implicit operator GuestValue(string value) =>
        new(GuestValueKind.String, 0, value ?? throw new ArgumentNullException(nameof(value)));

    /// <summary>Creates a value from an array, which is not copied.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="value"/> is <c>null</c>, which the protocol does not have.</exception>
    public static implicit operator GuestValue(byte[] value) =>
        (ReadOnlyMemory<byte>)(value ?? throw new ArgumentNullException(nameof(value)));

    /// <summary>Creates a value from bytes, which are copied only if they do not lie in an array.</summary>
    public static implicit operator GuestValue(ReadOnlyMemory<byte> value)
    {
        if (!MemoryMarshal.TryGetArray(value, out ArraySegment<byte> segment))
        {
            segment = value.ToArray();
        }

        return new(GuestValueKind.Bytes, (uint)segment.Offset | ((ulong)segment.Count << 32), segment.Array ?? []);
    }

    /// <summary>Gets whether two values have the same type and content. Floating-point numbers are compared by their bits.</summary>
    public static bool operator ==(GuestValue left, GuestValue right) => left.Equals(right);

    /// <summary>Gets whether two values differ in type or content.</summary>
    public static bool operator !=(GuestValue left, GuestValue right) => !left.Equals(right);

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.Int"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public int AsInt() => (int)(uint)BitsOf(GuestValueKind.Int);

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.UInt"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public uint AsUInt() => (uint)BitsOf(GuestValueKind.UInt);

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.Long"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public long AsLong() => (long)BitsOf(GuestValueKind.Long);

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.ULong"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public ulong AsULong() => BitsOf(GuestValueKind.ULong);

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.Float"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public float AsFloat() => BitConverter.UInt32BitsToSingle((uint)BitsOf(GuestValueKind.Float));

    /// <summary>Gets the number of a value of the type <see cref="GuestValueKind.Double"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public double AsDouble() => BitConverter.UInt64BitsToDouble(BitsOf(GuestValueKind.Double));

    /// <summary>Gets the boolean of a value of the type <see cref="GuestValueKind.Bool"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public bool AsBool() => BitsOf(GuestValueKind.Bool) != 0;

    /// <summary>Gets the text of a value of the type <see cref="GuestValueKind.String"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public string AsString()
    {
        BitsOf(GuestValueKind.String);
        return (string)_object!;
    }

    /// <summary>Gets the bytes of a value of the type <see cref="GuestValueKind.Bytes"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public ReadOnlyMemory<byte> AsBytes()
    {
        ulong bits = BitsOf(GuestValueKind.Bytes);
        return ((byte[])_object!).AsMemory((int)(uint)bits, (int)(bits >> 32));
    }

    /// <inheritdoc/>
    public bool Equals(GuestValue other) => Kind == other.Kind && Kind switch
    {
        GuestValueKind.String => AsString() == other.AsString(),
        GuestValueKind.Bytes => AsBytes().Span.SequenceEqual(other.AsBytes().Span),
        _ => _bits == other._bits,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GuestValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Kind);
        switch (Kind)
        {
            case GuestValueKind.String:
                hash.Add(AsString());
                break;
            case GuestValueKind.Bytes:
                hash.AddBytes(AsBytes().Span);
                break;
            default:
                hash.Add(_bits);
                break;
        }

        return hash.ToHashCode();
    }

    /// <summary>
    /// Gets the value as text: numbers in the invariant culture, bytes as hexadecimal digits, an empty text for <see cref="Void"/>.
    /// </summary>
    public override string ToString() => Kind switch
    {
        GuestValueKind.Int => AsInt().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.UInt => AsUInt().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.Long => AsLong().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.ULong => AsULong().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.Float => AsFloat().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.Double => AsDouble().ToString(CultureInfo.InvariantCulture),
        GuestValueKind.String => AsString(),
        GuestValueKind.Bool => AsBool() ? "true" : "false",
        GuestValueKind.Bytes => Convert.ToHexStringLower(AsBytes().Span),
        _ => "",
    };

    private ulong BitsOf(GuestValueKind kind) =>
        Kind == kind ? _bits : throw new InvalidOperationException($"The value is of type {Kind}, not {kind}.");
}
