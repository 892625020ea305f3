namespace Hyperlight;

/// <summary>
/// The guest answered a call with an error. The sandbox stays ready for the next call. Where the guest's words name the failure of a host function,
/// <see cref="Exception.InnerException"/> is what that function threw.
/// </summary>
public sealed class GuestErrorException : HyperlightException
{
    internal GuestErrorException(GuestErrorCode code, string guestMessage, Exception? hostFailure = null)
        : base(
            guestMessage.Length == 0 ? $"The guest returned error {(long)code} ({code})." : $"The guest returned error {(long)code} ({code}): {OneLine.Of(guestMessage)}",
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
    }

    /// <summary>The guest's error code; may be a number without a name.</summary>
    public GuestErrorCode Code { get; }

    /// <summary>The guest's own words, as they are. The exception's message has them on one line.</summary>
    public string GuestMessage { get; }
}
