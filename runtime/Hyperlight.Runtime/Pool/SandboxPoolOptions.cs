using Hyperlight.Watch;

namespace Hyperlight;

/// <summary>How a <see cref="SandboxPool"/> is set up. The pool reads it once, when it is created.</summary>
public sealed class SandboxPoolOptions
{
    /// <summary>
    /// The most sandboxes there are at one time, ready and rented ones together, at least 1; twice the number of processors unless set. Who wants more
    /// waits.
    /// </summary>
    public int MaxCount { get; set; } = 2 * Environment.ProcessorCount;

    /// <summary>How many sandboxes are kept ready, created ahead in the background, 0 to <see cref="MaxCount"/>; 1 unless set.</summary>
    public int ReadyCount { get; set; } = 1;

    /// <summary>
    /// Sets the options of each sandbox, and must set the same each time; null for the defaults. It runs on the pool's thread, once for a sandbox and
    /// not once for a rent: host functions serve every tenant of their sandbox, on the thread that made the call.
    /// </summary>
    public Action<SandboxOptions>? Configure { get; set; }

    /// <summary>
    /// Calls the first sandbox before the snapshot is taken that all sandboxes begin with, null for no such call. It runs on the pool's thread, again
    /// only when it has failed.
    /// </summary>
    public Action<Sandbox>? WarmUp { get; set; }

    /// <summary>Starts the pool's thread.</summary>
    internal ThreadStarter StartThread { get; set; } = BackgroundThread.Start;
}
