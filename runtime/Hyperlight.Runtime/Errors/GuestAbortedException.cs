using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>
/// The guest aborted: it ended its run with a code and a text. The sandbox is poisoned. If the guest's text names the failure of a host
/// function, <see cref="Exception.InnerException"/> is the exception of that function.
/// </summary>
public class GuestAbortedException : GuestFailedException
{
    internal GuestAbortedException(int code, string guestMessage, GuestLocation? location = null, Exception? hostFailure = null)
        : base(
            $"The guest aborted with code {code}{(location is null ? "" : $" at {location}")}"
                + (guestMessage.Length == 0 ? "." : $": {OneLine.Of(guestMessage)}"),
            location,
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
    }

    /// <summary>
    /// Gets the first byte of the abort message, 0 to 255: often a <see cref="GuestErrorCode"/>, or the status with which a C program
    /// exits.
    /// </summary>
    public int Code { get; }

    /// <summary>
    /// Gets the text that the guest sent, with U+FFFD in place of bytes that are not UTF-8. The exception's message has the text on one
    /// line.
    /// </summary>
    public string GuestMessage { get; }
}
