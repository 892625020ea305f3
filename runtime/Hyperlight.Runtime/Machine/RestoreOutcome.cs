namespace Hyperlight.Machine;

/// <summary>The outcome of a restore.</summary>
/// <param name="State">The state in which the restore leaves the sandbox, or <c>null</c> if the sandbox stays as it was.</param>
/// <param name="Failure">The failure that ended the restore, not thrown yet, or <c>null</c> if the restore succeeded.</param>
internal readonly record struct RestoreOutcome(SandboxState? State, Exception? Failure);
