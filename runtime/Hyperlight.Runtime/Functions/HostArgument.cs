namespace Hyperlight.Functions;

/// <summary>Gets the value of a parameter of a host function: an argument from the guest, or the token of the call.</summary>
/// <typeparam name="T">A type of the protocol, <see cref="GuestValue"/>, or <see cref="CancellationToken"/>.</typeparam>
internal static class HostArgument<T>
{
    /// <summary>
    /// Gets the type on the wire: <c>null</c> if the parameter takes any type, <see cref="GuestValueKind.Void"/> if the guest passes no
    /// argument for the parameter.
    /// </summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> has no counterpart on the wire.</exception>
    public static GuestValueKind? Kind => typeof(T) == typeof(CancellationToken) ? GuestValueKind.Void : GuestType<T>.Kind;

    /// <summary>Gets the value for one call.</summary>
    public static T Read(ReadOnlySpan<GuestValue> arguments, int index, StopSignal stop) =>
        typeof(T) == typeof(CancellationToken) ? (T)(object)stop.Token : GuestType<T>.FromGuest(arguments[index]);
}
