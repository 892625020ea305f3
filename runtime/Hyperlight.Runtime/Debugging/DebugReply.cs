namespace Hyperlight.Debugging;

/// <summary>The answer to a packet of a debugger.</summary>
/// <param name="Text">The data of the answer, no characters for a packet that is not known; <c>null</c> for no answer yet.</param>
/// <param name="Action">What the debugger wants of the guest.</param>
internal readonly record struct DebugReply(string? Text, DebugAction Action = DebugAction.None)
{
    /// <summary>Gets the answer to a packet that did what it asks for.</summary>
    public static DebugReply Done => new("OK");

    /// <summary>Gets the answer to a packet that cannot be done.</summary>
    public static DebugReply Refused => new("E01");

    /// <summary>Gets the answer to a packet that is not known.</summary>
    public static DebugReply Unknown => new("");
}
