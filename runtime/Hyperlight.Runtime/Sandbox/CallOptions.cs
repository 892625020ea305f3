namespace Hyperlight;

/// <summary>How long one call may take.</summary>
public readonly record struct CallOptions
{
    /// <summary>Stops the call. The sandbox is poisoned then, unless the guest had finished.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The longest the call may take, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit, null for the sandbox's <see cref="SandboxOptions.CallTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }
}
