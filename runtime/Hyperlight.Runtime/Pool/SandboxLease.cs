namespace Hyperlight;

/// <summary>
/// The right to use one sandbox of a <see cref="SandboxPool"/>. Disposing the lease returns the sandbox to the pool. Disposing the lease
/// again does nothing.
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
    /// Gets the sandbox, in the state after the guest's start and the pool's warm-up. When the lease is disposed, this object is disposed
    /// too: the next tenant gets another object.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public Sandbox Sandbox => Volatile.Read(ref _sandbox)
        ?? throw new ObjectDisposedException(nameof(SandboxLease), "The sandbox was returned to its pool: rent another.");

    /// <summary>
    /// Returns the sandbox, which is set back before it is rented again. A call that is running is stopped and fails with
    /// <see cref="ObjectDisposedException"/>; the pool then replaces the sandbox, as it replaces a sandbox that cannot be set back.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _sandbox, null) is { } sandbox)
        {
            _pool.Return(sandbox);
        }
    }
}
