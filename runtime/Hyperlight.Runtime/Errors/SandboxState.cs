namespace Hyperlight;

/// <summary>The states of a sandbox.</summary>
public enum SandboxState
{
    /// <summary>The functions of the guest can be called.</summary>
    Ready,

    /// <summary>A call did not run to its end, and the state of the guest is unknown. The sandbox can be restored or disposed.</summary>
    Poisoned,

    /// <summary>The sandbox is disposed.</summary>
    Disposed,

    /// <summary>A restore failed after it had replaced a part of the guest's memory. The sandbox can only be disposed.</summary>
    Unrecoverable,
}
