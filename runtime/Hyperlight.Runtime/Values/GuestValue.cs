using System.Globalization;
using System.Runtime.InteropServices;

namespace Hyperlight;

/// <summary>
/// One value that crosses between host and guest. Ordinary C# values convert to it implicitly; numbers and booleans are
/// held without an allocation. The default is the void value.
/// </summary>
public readonly struct GuestValue : IEquatable<GuestValue>
{
    // A number's bits; for bytes the offset (low half) and the length (high half) in the array that _object is.
    private readonly ulong _bits;
    private readonly object? _object;

    private GuestValue(GuestValueKind kind, ulong bits, object? content = null)
    {
        Kind = kind;
        _bits = bits;
        _object = content;
    }

    /// <summary>The value of a function that returns nothing.</summary>
    public static GuestValue Void => default;

    /// <summary>Which type the value has.</summary>
    public GuestValueKind Kind { get; }

    /// <summary>A signed 32-bit number.</summary>
    public static implicit operator GuestValue(int value) => new(GuestValueKind.Int, (uint)value);

    /// <summary>An unsigned 32-bit number.</summary>
    public static implicit operator GuestValue(uint value) => new(GuestValueKind.UInt, value);

    /// <summary>A signed 64-bit number.</summary>
    public static implicit operator GuestValue(long value) => new(GuestValueKind.Long, (ulong)value);

    /// <summary>An unsigned 64-bit number.</summary>
    public static implicit operator GuestValue(ulong value) => new(GuestValueKind.ULong, value);

    /// <summary>A 32-bit floating-point number.</summary>
    public static implicit operator GuestValue(float value) => new(GuestValueKind.Float, BitConverter.SingleToUInt32Bits(value));

    /// <summary>A 64-bit floating-point number.</summary>
    public static implicit operator GuestValue(double value) => new(GuestValueKind.Double, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>True or false.</summary>
    public static implicit operator GuestValue(bool value) => new(GuestValueKind.Bool, value ? 1UL : 0);

    /// <summary>Text.</summary>
    /// <exception cref="ArgumentNullException">There is no null on the wire.</exception>
    public static implicit operator GuestValue(string value) =>
        new(GuestValueKind.String, 0, value ?? throw new ArgumentNullException(nameof(value)));

    /// <summary>The bytes of an array, which is not copied.</summary>
    /// <exception cref="ArgumentNullException">There is no null on the wire.</exception>
    public static implicit operator GuestValue(byte[] value) =>
        (ReadOnlyMemory<byte>)(value ?? throw new ArgumentNullException(nameof(value)));

    /// <summary>A sequence of bytes. It is copied only where it does not lie in an array.</summary>
    public static implicit operator GuestValue(ReadOnlyMemory<byte> value)
    {
        if (!MemoryMarshal.TryGetArray(value, out ArraySegment<byte> segment))
        {
            segment = value.ToArray();
        }

        return new(GuestValueKind.Bytes, (uint)segment.Offset | ((ulong)segment.Count << 32), segment.Array ?? []);
    }

    /// <summary>Whether both values have the same type and content; floating-point numbers are compared by their bits.</summary>
    public static bool operator ==(GuestValue left, GuestValue right) => left.Equals(right);

    /// <summary>Whether the values differ in type or content.</summary>
    public static bool operator !=(GuestValue left, GuestValue right) => !left.Equals(right);

    /// <summary>The number of an <see cref="GuestValueKind.Int"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public int AsInt() => (int)(uint)BitsOf(GuestValueKind.Int);

    /// <summary>The number of a <see cref="GuestValueKind.UInt"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public uint AsUInt() => (uint)BitsOf(GuestValueKind.UInt);

    /// <summary>The number of a <see cref="GuestValueKind.Long"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public long AsLong() => (long)BitsOf(GuestValueKind.Long);

    /// <summary>The number of a <see cref="GuestValueKind.ULong"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public ulong AsULong() => BitsOf(GuestValueKind.ULong);

    /// <summary>The number of a <see cref="GuestValueKind.Float"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public float AsFloat() => BitConverter.UInt32BitsToSingle((uint)BitsOf(GuestValueKind.Float));

    /// <summary>The number of a <see cref="GuestValueKind.Double"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public double AsDouble() => BitConverter.UInt64BitsToDouble(BitsOf(GuestValueKind.Double));

    /// <summary>The truth of a <see cref="GuestValueKind.Bool"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public bool AsBool() => BitsOf(GuestValueKind.Bool) != 0;

    /// <summary>The text of a <see cref="GuestValueKind.String"/>.</summary>
    /// <exception cref="InvalidOperationException">The value is of another type.</exception>
    public string AsString()
    {
        BitsOf(GuestValueKind.String);
        return (string)_object!;
    }

    /// <summary>The content of a <see cref="GuestValueKind.Bytes"/>.</summary>
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

    /// <summary>The value as text: numbers in the invariant culture, bytes as hexadecimal digits, nothing for void.</summary>
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
