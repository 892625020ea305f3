using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>An argument for a host function: int, uint, long, ulong, float, double, bool, string or byte[].</summary>
public readonly struct HostValue
{
    private HostValue(int type, ulong bits, object? content = null)
    {
        Type = type;
        Bits = bits;
        Content = content;
    }

    internal int Type { get; }

    internal ulong Bits { get; }

    /// <summary>Gets the text, or the bytes; <c>null</c> if the value is a number.</summary>
    internal object? Content { get; }

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(int value) => new(WireParameter.Int, (uint)value);

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(uint value) => new(WireParameter.UInt, value);

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(long value) => new(WireParameter.Long, (ulong)value);

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(ulong value) => new(WireParameter.ULong, value);

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(float value) => new(WireParameter.Float, BitConverter.SingleToUInt32Bits(value));

    /// <summary>Converts a number.</summary>
    public static implicit operator HostValue(double value) => new(WireParameter.Double, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Converts a truth value.</summary>
    public static implicit operator HostValue(bool value) => new(WireParameter.Bool, value ? 1u : 0);

    /// <summary>Converts a text.</summary>
    /// <exception cref="ArgumentNullException">The text is <c>null</c>.</exception>
    /// <exception cref="ArgumentException">The text contains a NUL, where the host would take it to end.</exception>
    public static implicit operator HostValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException("a text for the host contains a NUL, where it would end: pass it as byte[].", nameof(value))
            : new(WireParameter.String, 0, value);
    }

    /// <summary>Converts bytes.</summary>
    /// <exception cref="ArgumentNullException">The array is <c>null</c>.</exception>
    public static implicit operator HostValue(byte[] value) =>
        new(WireParameter.Bytes, 0, value ?? throw new ArgumentNullException(nameof(value)));
}
