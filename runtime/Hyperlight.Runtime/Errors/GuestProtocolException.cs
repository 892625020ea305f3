namespace Hyperlight;

/// <summary>
/// The guest did not follow the protocol: it sent a malformed message, damaged a buffer, or used a port that does not exist. The sandbox is
/// poisoned, except where the guest finished the call and only the result cannot be read: then the sandbox stays ready.
/// </summary>
public sealed class GuestProtocolException : GuestFailedException
{
    internal GuestProtocolException(string message)
        : base(message)
    {
    }

    internal GuestProtocolException(Finding finding)
        : base(finding)
    {
    }
}
