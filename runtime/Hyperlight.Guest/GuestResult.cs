using System.Text;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>The result of a guest function.</summary>
public readonly unsafe struct GuestResult
{
    private GuestResult(nint message) => Message = message;

    /// <summary>Gets the message that the kit sends to the host; zero if there was no memory for it.</summary>
    internal nint Message { get; }

    /// <summary>Creates the result of a function that returns nothing.</summary>
    public static GuestResult Void() => new(GuestAbi.ResultFromVoid());

    /// <summary>Creates a result.</summary>
    /// <typeparam name="T">int, uint, long, ulong, float, double, string, bool, byte[] or ReadOnlyMemory&lt;byte&gt;.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>, which cannot cross between host and guest.</exception>
    /// <exception cref="NotSupportedException">The type cannot cross between host and guest.</exception>
    public static GuestResult Of<T>(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(WireParameter.Of<T>() switch
        {
            WireParameter.Int => GuestAbi.ResultFromInt((int)(object)value),
            WireParameter.UInt => GuestAbi.ResultFromUInt((uint)(object)value),
            WireParameter.Long => GuestAbi.ResultFromLong((long)(object)value),
            WireParameter.ULong => GuestAbi.ResultFromULong((ulong)(object)value),
            WireParameter.Float => GuestAbi.ResultFromFloatBits(BitConverter.SingleToUInt32Bits((float)(object)value)),
            WireParameter.Double => GuestAbi.ResultFromDoubleBits(BitConverter.DoubleToUInt64Bits((double)(object)value)),
            WireParameter.Bool => GuestAbi.ResultFromBool((bool)(object)value ? (byte)1 : (byte)0),
            WireParameter.String => Text(Encoding.UTF8.GetBytes((string)(object)value)),
            _ => Bytes(value is byte[] bytes ? bytes : ((ReadOnlyMemory<byte>)(object)value).Span),
        });
    }

    private static nint Text(ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
        {
            return GuestAbi.ResultFromString(first, (nuint)text.Length);
        }
    }

    private static nint Bytes(ReadOnlySpan<byte> data)
    {
        fixed (byte* first = data)
        {
            return GuestAbi.ResultFromBytes(first, (nuint)data.Length);
        }
    }
}
