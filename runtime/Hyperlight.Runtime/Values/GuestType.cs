namespace Hyperlight;

/// <summary>
/// How the C# type <typeparamref name="T"/> stands for a type on the wire. The conversions are looked up once per type and held as
/// delegates, so that no value is boxed on the way.
/// </summary>
/// <typeparam name="T">One of the nine types of the protocol, or <see cref="GuestValue"/> for any of them.</typeparam>
internal static class GuestType<T>
{
    private static readonly (GuestValueKind? Kind, Delegate From, Delegate To)? Conversion = Find();

    /// <summary>The type on the wire, null where every type will do.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> has no counterpart on the wire.</exception>
    public static GuestValueKind? Kind => (Conversion ?? throw Unsupported()).Kind;

    /// <summary>Reads a value whose type has been checked.</summary>
    public static Func<GuestValue, T> FromGuest { get; } = (Func<GuestValue, T>?)Conversion?.From ?? (_ => throw Unsupported());

    /// <summary>Makes a value to send.</summary>
    public static Func<T, GuestValue> ToGuest { get; } = (Func<T, GuestValue>?)Conversion?.To ?? (_ => throw Unsupported());

    private static (GuestValueKind? Kind, Delegate From, Delegate To)? Find()
    {
        static (GuestValueKind?, Delegate, Delegate) Pair<TValue>(GuestValueKind? kind, Func<GuestValue, TValue> from, Func<TValue, GuestValue> to) =>
            (kind, from, to);

        Type type = typeof(T);
        return type == typeof(int) ? Pair(GuestValueKind.Int, value => value.AsInt(), value => value)
            : type == typeof(uint) ? Pair(GuestValueKind.UInt, value => value.AsUInt(), value => value)
            : type == typeof(long) ? Pair(GuestValueKind.Long, value => value.AsLong(), value => value)
            : type == typeof(ulong) ? Pair(GuestValueKind.ULong, value => value.AsULong(), value => value)
            : type == typeof(float) ? Pair(GuestValueKind.Float, value => value.AsFloat(), value => value)
            : type == typeof(double) ? Pair(GuestValueKind.Double, value => value.AsDouble(), value => value)
            : type == typeof(string) ? Pair(GuestValueKind.String, value => value.AsString(), (string value) => value)
            : type == typeof(bool) ? Pair(GuestValueKind.Bool, value => value.AsBool(), value => value)
            : type == typeof(byte[]) ? Pair(GuestValueKind.Bytes, value => value.AsBytes().ToArray(), (byte[] value) => value)
            : type == typeof(ReadOnlyMemory<byte>) ? Pair(GuestValueKind.Bytes, value => value.AsBytes(), value => value)
            : type == typeof(GuestValue) ? Pair<GuestValue>(null, value => value, value => value)
            : null;
    }

    private static NotSupportedException Unsupported() => new(
        $"{typeof(T)} cannot cross between host and guest: use int, uint, long, ulong, float, double, string, bool, byte[], ReadOnlyMemory<byte> or GuestValue.");
}
