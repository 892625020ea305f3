namespace Hyperlight;

/// <summary>What a sandbox can be used for.</summary>
public enum SandboxState
{
    /// <summary>Its functions can be called.</summary>
    Ready,

    /// <summary>A call did not run to its end; the guest is in an unknown state. It can be set back to a snapshot, or disposed.</summary>
    Poisoned,

    /// <summary>It is gone.</summary>
    Disposed,

    /// <summary>A restore failed while the guest's memory was replaced: it can only be disposed.</summary>
    Unrecoverable,
}
