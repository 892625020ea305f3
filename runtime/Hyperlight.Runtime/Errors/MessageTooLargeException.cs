namespace Hyperlight;

/// <summary>
/// A message does not fit the guest's input buffer. If the message has the arguments of a call, the sandbox stays ready. If the message has
/// the result of a host function, the sandbox is poisoned, because the guest waits for the result.
/// </summary>
public sealed class MessageTooLargeException : HyperlightException
{
    internal MessageTooLargeException(string what, long required, long available)
        : base(
            $"{what} takes {required} bytes, the guest's input buffer has room for {available}: "
            + "send less, or bake the guest with a larger InputBufferSize.")
    {
        Required = required;
        Available = available;
    }

    /// <summary>Gets the size of the message in bytes.</summary>
    public long Required { get; }

    /// <summary>Gets the greatest size of one message in bytes.</summary>
    public long Available { get; }
}
