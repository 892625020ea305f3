namespace Hyperlight;

/// <summary>The sandbox cannot be called any more, because an earlier call did not run to its end. Create another sandbox from the image.</summary>
public sealed class SandboxPoisonedException : HyperlightException
{
    internal SandboxPoisonedException(string sandbox, string reason)
        : base($"The sandbox of {sandbox} is poisoned by an earlier failure: dispose it and create another from the image. The failure was: {reason}")
    {
    }
}
