using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>
/// The guest answered a call with an error. The sandbox stays ready for the next call. If the guest's text names the failure of a host
/// function, <see cref="Exception.InnerException"/> is the exception of that function.
/// </summary>
public sealed class GuestErrorException : HyperlightException
{
    internal GuestErrorException(GuestErrorCode code, string guestMessage)
        : this(code, guestMessage, ManagedGuestError.Of(code, guestMessage, static _ => null), hostFailure: null)
    {
    }

    private GuestErrorException(GuestErrorCode code, string guestMessage, ManagedGuestError managed, Exception? hostFailure)
        : base(
            $"The guest returned error {(long)code} ({code}){(managed.Location is { } location ? $" at {location}" : "")}"
                + (guestMessage.Length == 0 ? "." : $": {OneLine.Of(ManagedGuestError.WithoutTrace(guestMessage))}"),
            hostFailure)
    {
        Code = code;
        GuestMessage = guestMessage;
        (GuestExceptionType, GuestStackTrace, Location) = managed;
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
    /// Gets the lines of the stack trace that a guest in C# sent, each a method; <c>null</c> if there are none. Lines whose place in the
    /// source is known end with the file and the line. Control characters are replaced by spaces.
    /// </summary>
    public string? GuestStackTrace { get; }

    /// <summary>
    /// Gets the first place of <see cref="GuestStackTrace"/> whose file and line are known and whose method is not one of .NET itself;
    /// <c>null</c> if there is none. The message has the place too.
    /// </summary>
    public GuestLocation? Location { get; }

    /// <summary>Gets the exception with what the host knows: the failure of a host function, and the places of the stack trace.</summary>
    internal GuestErrorException With(Exception? hostFailure, Func<ulong, GuestLocation?> locate) =>
        new(Code, GuestMessage, ManagedGuestError.Of(Code, GuestMessage, locate), hostFailure);
}
