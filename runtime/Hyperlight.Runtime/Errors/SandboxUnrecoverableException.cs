namespace Hyperlight;

/// <summary>A restore failed after it had replaced a part of the guest's memory. The sandbox can only be disposed.</summary>
public sealed class SandboxUnrecoverableException : HyperlightException
{
    internal SandboxUnrecoverableException(string sandbox, string reason, Exception? innerException = null)
        : base(
            $"The sandbox of {sandbox} was lost while a snapshot was restored into it: "
            + $"dispose it and create another. The failure was: {reason}",
            innerException)
    {
    }
}
