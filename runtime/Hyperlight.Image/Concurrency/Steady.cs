namespace Hyperlight.Concurrency;

/// <summary>Waits that <see cref="Thread.Interrupt"/> does not end, for work that must be done to its end.</summary>
internal static class Steady
{
    /// <summary>Waits. Where the thread is interrupted meanwhile, the wait begins again, and the thread is interrupted anew afterwards.</summary>
    /// <param name="wait">The wait. It must be possible to begin it again after it was interrupted.</param>
    /// <param name="subject">What it waits for.</param>
    public static void Wait<T>(Action<T> wait, T subject)
    {
        bool interrupted = false;
        while (true)
        {
            try
            {
                wait(subject);
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
