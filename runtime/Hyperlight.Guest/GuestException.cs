namespace Hyperlight.Guest;

/// <summary>An error of a guest function with a code for the host. Any other exception reaches the host with code 15.</summary>
/// <param name="code">The code, one of ErrorCode of the protocol (docs/abi/amd64.md, section 5.4).</param>
/// <param name="message">The reason.</param>
public sealed class GuestException(int code, string message) : Exception(message)
{
    internal const int WrongParameterCount = 5, NoMemory = 13, WrongParameterType = 14, Failed = 15;

    /// <summary>Gets the code.</summary>
    public int Code { get; } = code;
}
