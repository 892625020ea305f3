namespace Hyperlight;

/// <summary>The options of one call. The options are a value and are not set by an action, so that a call allocates nothing.</summary>
public readonly record struct CallOptions
{
    /// <summary>Gets the token that stops the call. A call that is stopped poisons the sandbox, unless the guest has finished.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>
    /// Gets the longest time that the call may take: <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit, <c>null</c> for
    /// <see cref="SandboxOptions.CallTimeout"/> of the sandbox.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
