using System.Runtime.CompilerServices;

namespace Hostile;

/// <summary>Attacks that end the program of the guest.</summary>
internal static class Ends
{
    public static string Exit()
    {
        Environment.Exit(7);
        return "went on";
    }

    public static string FailFast()
    {
        Environment.FailFast("gave up\n2026-11-29 root logged in\u001b[2J");
        return "went on";
    }

    public static string ThrowInThread()
    {
        Thread thread = new(() => throw new InvalidDataException("thrown in a thread"));
        thread.Start();
        thread.Join();
        return "went on";
    }

    public static string ThrowInFinalizer()
    {
        Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return "went on";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Thrower();

    private sealed class Thrower
    {
        ~Thrower() => throw new InvalidDataException("thrown in a finalizer");
    }
}
