namespace Hyperlight;

/// <summary>
/// The guest gave up. The sandbox is poisoned. Where the guest's words name the failure of a host function, <see cref="Exception.InnerException"/> is
/// what that function threw.
/// </summary>
public class GuestAbortedException : HyperlightException
{
    internal GuestAbortedException(int code, string guestMessage, Exception? hostFailure = null)
        : base(
            guestMessage.Length == 0 ? $"The guest aborted with code {code}." : $"The guest aborted with code {code}: {OneLine.Of(guestMessage)}",
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
    }

    /// <summary>The first byte of the abort message: often a <see cref="GuestErrorCode"/>, or the status a C program exits with.</summary>
    public int Code { get; }

    /// <summary>The guest's own words, as they are but for bytes that are not UTF-8, which are replaced. The exception's message has them on one line.</summary>
    public string GuestMessage { get; }
}
