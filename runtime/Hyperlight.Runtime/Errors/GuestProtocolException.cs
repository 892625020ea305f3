using System.ComponentModel;

namespace Hyperlight;

/// <summary>
/// The guest did not follow the protocol: it sent a malformed message, damaged a buffer, or used a port that does not exist. The sandbox is
/// poisoned, except where the guest finished the call and only the result cannot be read: then the sandbox stays ready.
/// </summary>
public sealed class GuestProtocolException : GuestFailedException
{
    internal GuestProtocolException(string message, GuestLocation? location = null)
        : base(message, location)
    {
    }

    internal GuestProtocolException(Finding finding, GuestLocation? location)
        : base(finding, location)
    {
    }

    private GuestProtocolException(Finding finding, Exception cause)
        : base(finding, innerException: cause)
    {
    }

    /// <summary>
    /// Creates the exception HL5009 for a result that is no value of the method's type. Only generated code uses the method.
    /// </summary>
    /// <param name="method">The method that was called.</param>
    /// <param name="cause">Why the bytes of the result are no such value.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static GuestProtocolException ForResult(string method, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        return new(
            Rules.ResultMalformed.Found(
                $"the guest returned a result that {method} cannot have: {cause.Message} Build host and guest from the same interface."),
            cause);
    }
}
