using System.Runtime.InteropServices;

namespace Hyperlight;

/// <summary>
/// The conversions between the C# type <typeparamref name="T"/> and its counterpart on the wire. The conversions are looked up once for
/// each type and kept as delegates, so that no value is boxed.
/// </summary>
/// <typeparam name="T">One of the nine types of the protocol, or <see cref="GuestValue"/> for any of them.</typeparam>
internal static class GuestType<T>
{
    private static readonly (GuestValueKind? Kind, Delegate From, Delegate To)? Conversion = Find();

    /// <summary>Gets the type on the wire, or <c>null</c> if any type is allowed.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> has no counterpart on the wire.</exception>
    public static GuestValueKind? Kind => (Conversion ?? throw Unsupported()).Kind;

    /// <summary>Gets the conversion of a value from the guest, whose type has been checked.</summary>
    public static Func<GuestValue, T> FromGuest { get; } = (Func<GuestValue, T>?)Conversion?.From ?? (_ => throw Unsupported());

    /// <summary>Gets the conversion to a value for the guest.</summary>
    public static Func<T, GuestValue> ToGuest { get; } = (Func<T, GuestValue>?)Conversion?.To ?? (_ => throw Unsupported());

    private static (GuestValueKind? Kind, Delegate From, Delegate To)? Find()
    {
        static (GuestValueKind?, Delegate, Delegate) Pair<TValue>(
            GuestValueKind? kind, Func<GuestValue, TValue> from, Func<TValue, GuestValue> to) => (kind, from, to);

        Type type = typeof(T);
        return type == typeof(int) ? Pair(GuestValueKind.Int, value => value.AsInt(), value => value)
            : type == typeof(uint) ? Pair(GuestValueKind.UInt, value => value.AsUInt(), value => value)
            : type == typeof(long) ? Pair(GuestValueKind.Long, value => value.AsLong(), value => value)
            : type == typeof(ulong) ? Pair(GuestValueKind.ULong, value => value.AsULong(), value => value)
            : type == typeof(float) ? Pair(GuestValueKind.Float, value => value.AsFloat(), value => value)
            : type == typeof(double) ? Pair(GuestValueKind.Double, value => value.AsDouble(), value => value)
            : type == typeof(string) ? Pair(GuestValueKind.String, value => value.AsString(), (string value) => value)
            : type == typeof(bool) ? Pair(GuestValueKind.Bool, value => value.AsBool(), value => value)
            : type == typeof(byte[]) ? Pair(GuestValueKind.Bytes, ToArray, (byte[] value) => value)
            : type == typeof(ReadOnlyMemory<byte>) ? Pair(GuestValueKind.Bytes, value => value.AsBytes(), value => value)
            : type == typeof(GuestValue) ? Pair<GuestValue>(null, value => value, value => value)
            : null;
    }

    // The array of a value from a guest belongs to the value alone, and is not copied again.
    private static byte[] ToArray(GuestValue value) =>
        MemoryMarshal.TryGetArray(value.AsBytes(), out ArraySegment<byte> segment) && segment.Array!.Length == segment.Count
            ? segment.Array
            : value.AsBytes().ToArray();

    private static NotSupportedException Unsupported() => new(
        $"{typeof(T)} cannot cross between host and guest: "
        + "use int, uint, long, ulong, float, double, string, bool, byte[], ReadOnlyMemory<byte> or GuestValue.");
}
