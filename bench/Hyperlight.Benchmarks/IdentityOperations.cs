using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>Measures snapshots and restores of a guest without page tables after it has written to a number of pages.</summary>
/// <param name="guest">A guest that has <c>AllocateAndTouch</c>, with 64 MiB of heap.</param>
internal sealed class IdentityOperations(BenchGuest guest) : IDisposable
{
    private const int PerRound = 10;

    private readonly Stack<IDisposable> _all = [];

    /// <summary>Creates the operations. Their sandboxes live until this object is disposed.</summary>
    public IEnumerable<Operation> All()
    {
        foreach (int pages in (int[])[1, 100, 10_000])
        {
            string count = pages.ToString("N0", CultureInfo.InvariantCulture);
            yield return Take($"i686: snapshot of {count} written pages", pages);
            yield return RestoreAfter($"i686: restore after {count} written pages", pages);
            yield return RestoreTo($"i686: restore to {count} pages", pages);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_all.TryPop(out IDisposable? one))
        {
            one.Dispose();
        }
    }

    private Operation Take(string name, int pages)
    {
        Sandbox sandbox = Keep(guest.Start());
        Snapshot? snapshot = null;
        return new(name, PerRound, () =>
        {
            snapshot = sandbox.TakeSnapshot();
            return sandbox;
        })
        {
            Before = () => Touch(sandbox, pages),
            After = _ => snapshot!.Dispose(),
            Existing = () => sandbox,
        };
    }

    private Operation RestoreAfter(string name, int pages)
    {
        Sandbox sandbox = Keep(guest.Start());
        Snapshot snapshot = Keep(sandbox.TakeSnapshot());
        return Restore(name, sandbox, snapshot, pages);
    }

    private Operation RestoreTo(string name, int pages)
    {
        Sandbox sandbox = Keep(guest.Start());
        Touch(sandbox, pages);
        Snapshot snapshot = Keep(sandbox.TakeSnapshot());
        return Restore(name, sandbox, snapshot, pages: 1);
    }

    private static Operation Restore(string name, Sandbox sandbox, Snapshot snapshot, int pages) => new(name, PerRound, () =>
    {
        sandbox.Restore(snapshot);
        return sandbox;
    })
    {
        Before = () => Touch(sandbox, pages),
        Existing = () => sandbox,
    };

    private static void Touch(Sandbox sandbox, int pages)
    {
        if (sandbox.Call<int>("AllocateAndTouch", pages) != pages)
        {
            throw new InvalidOperationException($"The guest could not allocate {pages} pages.");
        }
    }

    private T Keep<T>(T one)
        where T : IDisposable
    {
        _all.Push(one);
        return one;
    }
}
