namespace Hyperlight;

/// <summary>
/// The sandbox cannot be called because an earlier call did not run to its end. Restore a snapshot into the sandbox, or create another
/// sandbox.
/// </summary>
public sealed class SandboxPoisonedException : HyperlightException
{
    internal SandboxPoisonedException(string sandbox, string reason)
        : base(
            $"The sandbox of {sandbox} is poisoned by an earlier failure: "
            + $"restore a snapshot into it, or dispose it and create another. The failure was: {reason}")
    {
    }
}
