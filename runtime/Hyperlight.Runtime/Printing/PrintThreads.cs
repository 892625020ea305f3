using Hyperlight.Concurrency;

namespace Hyperlight.Printing;

/// <summary>
/// The threads that hand printed text over to writers. There are as many threads as writers that take text at one time. A thread without
/// work waits a moment before it ends. The threads are not those of the thread pool, because a writer that blocks would delay other work of
/// the pool, and guests that occupy the pool would delay the text.
/// </summary>
/// <param name="startThread">Starts a thread.</param>
/// <param name="linger">How long a thread without work waits for work.</param>
internal sealed class PrintThreads(ThreadStarter startThread, TimeSpan linger)
{
    private readonly SteadyLock _lock = new();
    private readonly List<Worker> _idle = [];

    /// <summary>Gets the print threads of this process.</summary>
    public static PrintThreads Shared { get; } = new(BackgroundThread.Start, TimeSpan.FromSeconds(2));

    /// <summary>Drains a queue on one of the threads.</summary>
    /// <exception cref="HyperlightException">HL5005: no thread can be started.</exception>
    public void Run(PrintQueue queue)
    {
        using (_lock.Enter())
        {
            if (_idle is [.., Worker worker])
            {
                _idle.RemoveAt(_idle.Count - 1);
                worker.Work = queue;
                worker.Wake.Set();
                return;
            }
        }

        startThread("Hyperlight print", () => Work(new() { Work = queue }));
    }

    private void Work(Worker worker)
    {
        while (worker.Work is { } queue)
        {
            queue.Drain();
            worker.Work = null;
            using (_lock.Enter())
            {
                _idle.Add(worker);
            }

            // The writer is unknown code and may interrupt this thread. An exception here would end the process.
            bool isWoken = false;
            Steady.Wait(wake => isWoken = wake.WaitOne(linger), worker.Wake);
            if (!isWoken)
            {
                using (_lock.Enter())
                {
                    // If the worker has left the list, it was given work at this moment. Its signal is taken, so that the next wait does
                    // not end at once.
                    if (!_idle.Remove(worker))
                    {
                        worker.Wake.Reset();
                    }
                }
            }
        }
    }

    private sealed class Worker
    {
        public AutoResetEvent Wake { get; } = new(initialState: false);

        public PrintQueue? Work { get; set; }
    }
}
