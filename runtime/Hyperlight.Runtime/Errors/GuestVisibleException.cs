namespace Hyperlight;

/// <summary>
/// A failure of a host function whose message the guest receives, as the text of error 17. Of every other exception the guest receives an
/// identifier only, and the host's log has the exception with the same identifier.
/// </summary>
public class GuestVisibleException : HyperlightException
{
    /// <summary>Creates the failure.</summary>
    /// <param name="message">
    /// The text for the guest, of which the guest receives the first 1024 characters. Do not write anything here that the guest must not
    /// know, such as paths of the host.
    /// </param>
    public GuestVisibleException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the failure with a cause that the guest does not receive.</summary>
    /// <param name="message">The text for the guest, of which the guest receives the first 1024 characters.</param>
    /// <param name="innerException">The cause, for the host.</param>
    public GuestVisibleException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
