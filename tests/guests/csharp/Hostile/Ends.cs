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

    public static string ThrowLargeText() =>
        throw new InvalidDataException($"gave up\n2026-11-29 root logged in\e[2J{new string('€', 1 << 20)}");

    public static string ThrowNul() => throw new InvalidDataException("before\0after");

    public static string ThrowWithoutText() => throw new Textless();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Thrower();

    private sealed class Thrower
    {
        ~Thrower() => throw new InvalidDataException("thrown in a finalizer");
    }

    private sealed class Textless : Exception
    {
        public override string Message => throw new InvalidOperationException("no text");

        public override string? StackTrace => throw new InvalidOperationException("no trace");
    }
}
