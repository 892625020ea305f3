using System.Runtime.CompilerServices;

namespace Hostile;

/// <summary>Attacks that never end.</summary>
internal static class Endless
{
    public static string Loop()
    {
        for (; ; )
        {
        }
    }

    public static string LoopInThread()
    {
        Thread thread = new(() => Loop());
        thread.Start();
        thread.Join();
        return "ended";
    }

    public static string Exceptions()
    {
        for (; ; )
        {
            try
            {
                throw new InvalidOperationException();
            }
            catch (InvalidOperationException)
            {
            }
        }
    }

    public static string Collections()
    {
        for (; ; )
        {
            GC.Collect();
        }
    }

    public static string Text()
    {
        for (; ; )
        {
            Console.WriteLine("more and more");
        }
    }

    public static string Tasks()
    {
        for (; ; )
        {
            Task.Run(() => { }).Wait();
        }
    }

    public static string Finalizer()
    {
        Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return "went on";
    }

    public static string ThreadAfterCall()
    {
        new Thread(() => Loop()).Start();
        return "went on";
    }

    public static string Deadlock()
    {
        object first = new();
        object second = new();
        using ManualResetEventSlim isHeld = new();
        Thread other = new(() =>
        {
            lock (second)
            {
                isHeld.Set();
                lock (first)
                {
                }
            }
        });
        lock (first)
        {
            other.Start();
            isHeld.Wait();
            lock (second)
            {
                return "no deadlock";
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Sleepless();

    private sealed class Sleepless
    {
        ~Sleepless() => Loop();
    }
}
