using Hyperlight.Telemetry;

namespace Hyperlight.Calls;

/// <summary>The state of a sandbox and the reason for the state, which change together.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">The text of the failure that led to the state, or <c>null</c> if no failure did.</param>
internal sealed record SandboxCondition(SandboxState State, string? Reason)
{
    /// <summary>Gets the condition of a sandbox whose functions can be called.</summary>
    public static SandboxCondition Ready { get; } = new(SandboxState.Ready, Reason: null);

    /// <summary>Gets the condition of a sandbox that is disposed.</summary>
    public static SandboxCondition Disposed { get; } = new(SandboxState.Disposed, Reason: null);

    /// <summary>Creates the condition of a sandbox after a failure.</summary>
    public static SandboxCondition After(Exception failure, SandboxState state) => new(state, ExceptionText.Of(failure));
}
