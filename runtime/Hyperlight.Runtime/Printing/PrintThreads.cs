using Hyperlight.Concurrency;
using Hyperlight.Watch;

namespace Hyperlight.Printing;

/// <summary>
/// The threads that hand over what guests print: as many as there are writers that have something to take at one time. A thread without work waits a
/// moment for more before it ends. They are not the thread pool's, where a writer that blocks, or guests that occupy it, would hold up everything else.
/// </summary>
/// <param name="startThread">Starts a thread.</param>
/// <param name="linger">How long a thread without work waits for more.</param>
internal sealed class PrintThreads(ThreadStarter startThread, TimeSpan linger)
{
    private readonly SteadyLock _lock = new();
    private readonly List<Worker> _idle = [];

    /// <summary>The print threads of this process.</summary>
    public static PrintThreads Shared { get; } = new(BackgroundThread.Start, TimeSpan.FromSeconds(2));

    /// <summary>Has a queue drained.</summary>
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

            // The writer is anybody's code and may interrupt this thread: an exception here would end the process.
            bool isWoken = false;
            Steady.Wait(wake => isWoken = wake.WaitOne(linger), worker.Wake);
            if (!isWoken)
            {
                using (_lock.Enter())
                {
                    // A worker that has left the list was given work at this moment: its signal must not end the next wait.
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
