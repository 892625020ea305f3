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
                : $"The guest returned error {(long)code} ({code}): {OneLine.Of(ManagedGuestError.WithoutTrace(guestMessage))}",
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
        (GuestExceptionType, GuestStackTrace) = ManagedGuestError.Of(code, guestMessage);
    }

    /// <summary>Gets the guest's error code, which can be a number that <see cref="GuestErrorCode"/> does not name.</summary>
    public GuestErrorCode Code { get; }

    /// <summary>
    /// Gets the text that the guest sent. The exception's message has the text on one line, without the guest's stack trace.
    /// </summary>
    public string GuestMessage { get; }

    /// <summary>
    /// Gets the name of the exception's type in a guest in C#, for example <c>System.FormatException</c>; <c>null</c> if the text of the
    /// error names no type.
    /// </summary>
    public string? GuestExceptionType { get; }

    /// <summary>
    /// Gets the lines of the stack trace that a guest in C# sent, each a method; <c>null</c> if there are none. Control characters are
    /// replaced by spaces.
    /// </summary>
    public string? GuestStackTrace { get; }
}
