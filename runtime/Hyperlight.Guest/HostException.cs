namespace Hyperlight.Guest;

/// <summary>A host function failed, or the host has no function of that name and type.</summary>
/// <param name="code">The code of the error (docs/abi/amd64.md, section 5.4): 17 if the host's function failed.</param>
/// <param name="message">The host's message: the text that is meant for the guest, or an identifier that the host's log explains.</param>
public sealed class HostException(int code, string message) : Exception(message)
{
    /// <summary>Gets the code.</summary>
    public int Code { get; } = code;
}
