using System.Runtime.CompilerServices;
using Hyperlight.Concurrency;
using Hyperlight.Telemetry;

namespace Hyperlight.Printing;

/// <summary>
/// The text that guests have printed to a writer and that the writer has not taken yet, in the order of printing. A thread hands the text
/// over. A writer that blocks, such as a pipe that nobody reads, delays only this thread.
/// </summary>
/// <param name="writer">The writer. All text of guests for the writer goes through this object.</param>
/// <param name="threads">The threads that hand text over.</param>
internal sealed class PrintQueue(TextWriter writer, PrintThreads threads)
{
    /// <summary>
    /// The greatest number of characters that wait for a writer. Each text counts as <see cref="Overhead"/> more characters than it has.
    /// Text beyond this limit is dropped.
    /// </summary>
    public const int MostPending = 4 << 20;

    /// <summary>
    /// The memory that a text takes besides its characters, as a number of characters. The memory counts because a guest may print one
    /// character at a time.
    /// </summary>
    public const int Overhead = 24;

    private static readonly ConditionalWeakTable<TextWriter, PrintQueue> All = [];

    private readonly SteadyLock _lock = new();
    private readonly Queue<(string Text, EventWaitHandle? Written)> _pending = [];
    private int _pendingLength;
    private bool _isDrained;
    private volatile bool _isStuck;
    private string? _failure;

    /// <summary>Gets the queue of a writer.</summary>
    public static PrintQueue Of(TextWriter writer) => All.GetValue(writer, static writer => new(writer, PrintThreads.Shared));

    /// <summary>Adds text.</summary>
    /// <returns>Whether the text was added: there was room, and a thread hands the text over.</returns>
    public bool TryAdd(string text) => TryAdd(text, written: null);

    /// <summary>
    /// Waits until the writer has taken the text that was added until now. After a wait that took too long, later calls do not wait until
    /// the writer takes text again.
    /// </summary>
    /// <param name="milliseconds">The longest time to wait.</param>
    public void Wait(int milliseconds)
    {
        if (_isStuck || milliseconds <= 0)
        {
            return;
        }

        EventWaitHandle written = new ManualResetEvent(initialState: false);
        if (!TryAdd("", written))
        {
            return;
        }

        try
        {
            // Set before the wait, because the writer may take text again right after the wait, which resets the flag.
            _isStuck = true;
            if (written.WaitOne(milliseconds))
            {
                _isStuck = false;
            }
        }
        catch (ThreadInterruptedException)
        {
            // Printing must not fail the call. The interrupt is kept for the program's own next wait.
            _isStuck = false;
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>
    /// Waits until the writer has taken all text, however long that takes. For programs that are about to end and whose output may be read
    /// slowly.
    /// </summary>
    public void Flush()
    {
        using EventWaitHandle written = new ManualResetEvent(initialState: false);
        using (_lock.Enter())
        {
            if (!_isDrained)
            {
                return;
            }

            _pending.Enqueue(("", written));
            _pendingLength += Overhead;
        }

        Steady.Wait(static written => written.WaitOne(), written);
    }

    /// <summary>
    /// Gets the text of the last exception that the writer threw since the last call of this method; <c>null</c> if the writer threw none.
    /// </summary>
    public string? TakeFailure() => Interlocked.Exchange(ref _failure, null);

    private bool TryAdd(string text, EventWaitHandle? written)
    {
        using (_lock.Enter())
        {
            if (written is null && text.Length + Overhead > MostPending - _pendingLength)
            {
                return false;
            }

            if (!_isDrained)
            {
                try
                {
                    threads.Run(this);
                }
                catch (HyperlightException exception)
                {
                    _failure = exception.Message;
                    return false;
                }

                _isDrained = true;
            }

            _pending.Enqueue((text, written));
            _pendingLength += text.Length + Overhead;
            return true;
        }
    }

    /// <summary>Hands text over until no text waits. Runs on a thread of <see cref="PrintThreads"/>.</summary>
    public void Drain()
    {
        while (true)
        {
            (string Text, EventWaitHandle? Written) next;
            using (_lock.Enter())
            {
                if (!_pending.TryDequeue(out next))
                {
                    _isDrained = false;
                    return;
                }
            }

            if (next.Text.Length > 0)
            {
                Write(next.Text);
                _isStuck = false;
            }

            next.Written?.Set();
            using (_lock.Enter())
            {
                _pendingLength -= next.Text.Length + Overhead;
            }
        }
    }

    private void Write(string text)
    {
        try
        {
            writer.Write(text);
        }
#pragma warning disable CA1031 // A writer may throw any exception. The next call logs the exception.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = $"{exception.GetType().Name}: {ExceptionText.Of(exception)}";
        }
    }
}
