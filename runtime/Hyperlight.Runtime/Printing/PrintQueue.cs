using System.Runtime.CompilerServices;
using Hyperlight.Concurrency;
using Hyperlight.Telemetry;

namespace Hyperlight.Printing;

/// <summary>
/// The text that guests have printed to one writer and the writer has not taken yet, in the order in which the guests printed it. A thread of its own hands it over: a writer that
/// blocks, as a pipe that nobody reads, holds up that thread and nobody else.
/// </summary>
/// <param name="writer">The writer. Only this object writes guests' text to it.</param>
/// <param name="threads">The threads that hand text over.</param>
internal sealed class PrintQueue(TextWriter writer, PrintThreads threads)
{
    /// <summary>The most characters that wait for a writer, each text counted with <see cref="Overhead"/>. More are dropped.</summary>
    public const int MostPending = 4 << 20;

    /// <summary>The memory of a text beside its characters, in characters. A guest may print one character at a time.</summary>
    public const int Overhead = 24;

    private static readonly ConditionalWeakTable<TextWriter, PrintQueue> All = [];

    private readonly SteadyLock _lock = new();
    private readonly Queue<(string Text, EventWaitHandle? Written)> _pending = [];
    private int _pendingLength;
    private bool _isDrained;
    private volatile bool _isStuck;
    private string? _failure;

    /// <summary>The one of a writer.</summary>
    public static PrintQueue Of(TextWriter writer) => All.GetValue(writer, static writer => new(writer, PrintThreads.Shared));

    /// <summary>Adds text.</summary>
    /// <returns>Whether there was room, and a thread that hands the text over.</returns>
    public bool TryAdd(string text) => TryAdd(text, written: null);

    /// <summary>Waits until the writer has what was added until now. Once that took too long, nobody waits until the writer takes something again.</summary>
    /// <param name="milliseconds">The longest to wait.</param>
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
            // Before the wait: the writer may go on right after it.
            _isStuck = true;
            if (written.WaitOne(milliseconds))
            {
                _isStuck = false;
            }
        }
        catch (ThreadInterruptedException)
        {
            // Printing is no reason to fail. The program's own next wait is interrupted.
            _isStuck = false;
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>Waits until the writer has taken everything, however long that is: for a program that ends now, and a reader that reads slowly.</summary>
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

    /// <summary>Gets the text of the last exception that the writer threw since the last call of this method, null when the writer threw none.</summary>
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

    /// <summary>Hands over what waits, until nothing does. On a thread of <see cref="PrintThreads"/>.</summary>
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
#pragma warning disable CA1031 // Whatever the program's writer throws: it is no reason to end the process, and the next call logs it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = $"{exception.GetType().Name}: {ExceptionText.Of(exception)}";
        }
    }
}
