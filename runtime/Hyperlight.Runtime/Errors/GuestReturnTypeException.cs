namespace Hyperlight;

/// <summary>
/// A function of the guest returned a value of another type than the caller asked for. The sandbox stays ready for the next call.
/// </summary>
public sealed class GuestReturnTypeException : HyperlightException
{
    internal GuestReturnTypeException(string function, GuestValueKind expected, GuestValue value)
        : base(
            $"{function} returned {value.Kind}, the call asked for {expected}: "
            + "call it with the type it returns, or with GuestValue to take any.")
    {
        Expected = expected;
        Value = value;
    }

    /// <summary>Gets the type that the caller asked for.</summary>
    public GuestValueKind Expected { get; }

    /// <summary>Gets the value that the function returned.</summary>
    public GuestValue Value { get; }
}
