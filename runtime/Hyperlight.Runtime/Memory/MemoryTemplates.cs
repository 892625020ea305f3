using Hyperlight.Concurrency;

namespace Hyperlight.Memory;

/// <summary>
/// Templates with equal content, each for a bounded number of sandboxes. When the kernel moves a page of a file, it goes through all views
/// of the page and tells each machine of the process about each view, and whoever needs the page waits: with one file for thousands of
/// sandboxes that takes minutes.
/// </summary>
/// <param name="create">Creates a template, always with the same content.</param>
internal sealed class MemoryTemplates(Func<MemoryTemplate> create) : IDisposable
{
    // A template takes the pages of its content, about 50 KiB, and a descriptor.
    private const int MostUsers = 64;

    private readonly SteadyLock _lock = new();

    // Full templates belong to their users alone.
    private MemoryTemplate? _newest;

    /// <summary>Gets a template. The caller becomes a user of the template.</summary>
    /// <param name="current">The template of a sandbox, which is kept if it is one of these; otherwise <c>null</c>.</param>
    /// <exception cref="HyperlightException">A template cannot be created.</exception>
    public MemoryTemplate Share(MemoryTemplate? current = null)
    {
        if (current?.Series == this && current.TryShare())
        {
            return current;
        }

        using (_lock.Enter())
        {
            if (_newest is null || (_newest.File is not null && _newest.UserCount > MostUsers))
            {
                MemoryTemplate next = create();
                next.Series = this;
                _newest?.Dispose();
                _newest = next;
            }

            // Cannot fail, because this object is a user of the template.
            _newest.TryShare();
            return _newest;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _newest?.Dispose();
}
