using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>
/// The guest answered a call with an error. The sandbox stays ready for the next call. If the guest's text names the failure of a host
/// function, <see cref="Exception.InnerException"/> is the exception of that function.
/// </summary>
public sealed class GuestErrorException : HyperlightException
{
    internal GuestErrorException(GuestErrorCode code, string guestMessage, Exception? hostFailure = null)
        : base(
            guestMessage.Length == 0
                ? $"The guest returned error {(long)code} ({code})."
                : $"The guest returned error {(long)code} ({code}): {OneLine.Of(guestMessage)}",
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
    }

    /// <summary>Gets the guest's error code, which can be a number that <see cref="GuestErrorCode"/> does not name.</summary>
    public GuestErrorCode Code { get; }

    /// <summary>Gets the text that the guest sent. The exception's message has the text on one line.</summary>
    public string GuestMessage { get; }
}
