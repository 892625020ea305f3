namespace Hyperlight;

/// <summary>
/// A message does not fit the buffer between host and guest. A call's arguments leave the sandbox ready; the result of a host
/// function poisons it, because the guest waits for it in vain.
/// </summary>
public sealed class MessageTooLargeException : HyperlightException
{
    internal MessageTooLargeException(string what, long required, long available)
        : base($"{what} takes {required} bytes, the guest's input buffer has room for {available}: send less, or bake the guest with a larger InputBufferSize.")
    {
        Required = required;
        Available = available;
    }

    /// <summary>The size of the message in bytes.</summary>
    public long Required { get; }

    /// <summary>The room for one message in bytes.</summary>
    public long Available { get; }
}
