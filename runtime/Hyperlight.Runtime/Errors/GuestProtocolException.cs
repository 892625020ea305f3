namespace Hyperlight;

/// <summary>
/// What the guest sent does not follow the protocol: a malformed message or buffer, an unknown port. The sandbox is poisoned, unless the guest
/// had already finished the call and only its result cannot be read.
/// </summary>
public sealed class GuestProtocolException : HyperlightException
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
