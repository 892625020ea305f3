namespace Hyperlight;

/// <summary>
/// The right to use one sandbox of a <see cref="SandboxPool"/>, until it is disposed: that returns the sandbox. Disposing it again does nothing.
/// </summary>
public sealed class SandboxLease : IDisposable
{
    private readonly SandboxPool _pool;
    private Sandbox? _sandbox;

    internal SandboxLease(SandboxPool pool, Sandbox sandbox)
    {
        _pool = pool;
        _sandbox = sandbox;
    }

    /// <summary>
    /// The sandbox, as after its start and the pool's warm-up. Whoever still has it when the lease is disposed finds it disposed, and never in the
    /// hands of the next tenant.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public Sandbox Sandbox => Volatile.Read(ref _sandbox) ?? throw new ObjectDisposedException(nameof(SandboxLease), "The sandbox was returned to its pool: rent another.");

    /// <summary>
    /// Returns the sandbox, which is set back before anybody else gets it. A call that is still running is stopped and fails with
    /// <see cref="ObjectDisposedException"/>; another sandbox takes the place of this one then, as for one that cannot be set back.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _sandbox, null) is { } sandbox)
        {
            _pool.Return(sandbox);
        }
    }
}
