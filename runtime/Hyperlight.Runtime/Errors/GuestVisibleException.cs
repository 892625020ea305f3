namespace Hyperlight;

/// <summary>
/// Throw this in a host function to tell the guest why the function failed: the guest gets the message as the text of error 17. Of every other
/// exception the guest learns an identifier only, under which the host's log has the exception.
/// </summary>
public class GuestVisibleException : HyperlightException
{
    /// <summary>A failure that the guest may know about.</summary>
    /// <param name="message">What the guest is told; at most 1024 characters reach it. Write nothing here that the guest must not know, such as paths of the host.</param>
    public GuestVisibleException(string message)
        : base(message)
    {
    }

    /// <summary>A failure that the guest may know about, and its cause, of which the guest learns nothing.</summary>
    /// <param name="message">What the guest is told; at most 1024 characters reach it.</param>
    /// <param name="innerException">The cause, for the host.</param>
    public GuestVisibleException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
