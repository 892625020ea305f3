namespace Hyperlight.Concurrency;

/// <summary>Waits that <see cref="Thread.Interrupt"/> does not end, for work that must not be left undone.</summary>
internal static class Steady
{
    /// <summary>Waits. If the thread is interrupted, the wait begins again. After the wait the thread is interrupted again.</summary>
    /// <param name="wait">The wait. It must be possible to begin the wait again after an interrupt.</param>
    /// <param name="subject">The object that the wait is for.</param>
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
