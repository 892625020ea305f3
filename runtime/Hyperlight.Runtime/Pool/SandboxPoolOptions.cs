using Hyperlight.Concurrency;

namespace Hyperlight;

/// <summary>The options of a <see cref="SandboxPool"/>. The pool reads the options once, when it is created.</summary>
public sealed class SandboxPoolOptions
{
    /// <summary>
    /// Gets or sets the greatest number of sandboxes, ready and rented together: at least 1; twice the number of processors unless set. A
    /// rent beyond this number waits.
    /// </summary>
    public int MaxCount { get; set; } = 2 * Environment.ProcessorCount;

    /// <summary>
    /// Gets or sets the number of sandboxes that are created ahead, in the background: 0 to <see cref="MaxCount"/>; 1 unless set.
    /// </summary>
    public int ReadyCount { get; set; } = 1;

    /// <summary>
    /// Gets or sets the time after which the pool disposes a ready sandbox that nobody has rented, as long as more than
    /// <see cref="ReadyCount"/> are ready: five minutes unless set, <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets an action that sets the options of each sandbox, or <c>null</c> for the defaults. The action must set the same options
    /// each time. The action runs on the pool's thread, once for each sandbox and not for each rent: a host function serves all tenants of
    /// its sandbox, on the thread of the call.
    /// </summary>
    public Action<SandboxOptions>? Configure { get; set; }

    /// <summary>
    /// Gets or sets an action that uses the first sandbox before the pool takes the snapshot with which all sandboxes begin, or <c>null</c>
    /// for no action. The action runs on the pool's thread, once unless it fails.
    /// </summary>
    public Action<Sandbox>? WarmUp { get; set; }

    /// <summary>Gets or sets the clock that says how long sandboxes have been idle.</summary>
    internal TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets how the pool's thread is started.</summary>
    internal ThreadStarter StartThread { get; set; } = BackgroundThread.Start;
}
