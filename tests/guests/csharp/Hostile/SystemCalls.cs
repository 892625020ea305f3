using System.Runtime.InteropServices;

namespace Hostile;

/// <summary>Attacks by system calls, which the kernel library of the guest answers.</summary>
internal static partial class SystemCalls
{
    public const long Map = 9;

    private const long Protect = 10;
    private const long Unmap = 11;
    private const long SignalAction = 13;
    private const long SignalReturn = 15;
    private const long Clone = 56;
    private const long Exit = 60;
    private const long Kill = 62;
    private const long ExitGroup = 231;

    // Arguments that a kernel must check: nothing, ends of numbers, addresses that cannot be.
    private static readonly long[] Odd = [0, 1, -1, 4096, 0x0000_7FFF_FFFF_F000, long.MinValue, long.MaxValue, 0x1_0000_0000];

    [LibraryImport("hyperlight", EntryPoint = "syscall")]
    public static partial long Call(long number, long a, long b, long c, long d, long e, long f);

    /// <summary>Makes every call with odd arguments, but those that end the program.</summary>
    public static string Every(ulong first)
    {
        for (long number = (long)first; number < 512; number++)
        {
            if (number is Exit or ExitGroup or Clone)
            {
                continue;
            }

            for (int i = 0; i < Odd.Length; i++)
            {
                Call(number, Odd[i], Odd[(i + 1) % 8], Odd[(i + 3) % 8], Odd[(i + 5) % 8], Odd[(i + 6) % 8], Odd[(i + 7) % 8]);
            }
        }

        return "all answered";
    }

    public static string ProtectEverything()
    {
        for (long protection = 0; protection < 8; protection++)
        {
            Call(Protect, 0, long.MaxValue & ~4095, protection, 0, 0, 0);
            Call(Protect, 0x1000, 0x4000_0000, protection, 0, 0, 0);
        }

        return "went on";
    }

    public static string UnmapEverything()
    {
        Call(Unmap, 0, long.MaxValue & ~4095, 0, 0, 0, 0);
        Call(Unmap, 0x1000, 0x4000_0000, 0, 0, 0, 0);
        return $"went on with {new byte[1 << 20].Length}";
    }

    public static string CloneWithoutStack()
    {
        const long Thread = 0x3D0F00;
        long answer = 0;
        for (int i = 0; i < 100; i++)
        {
            answer = Call(Clone, Thread, i % 2 == 0 ? 0 : 16, 0, 0, 0, 0);
        }

        System.Threading.Thread.Sleep(1);
        return $"{answer}";
    }

    public static string ExitThread()
    {
        Call(Exit, 0, 0, 0, 0, 0, 0);
        return "went on";
    }

    public static string ReturnFromNoSignal()
    {
        Call(SignalReturn, 0, 0, 0, 0, 0, 0);
        return "went on";
    }

    public static unsafe string UnmapOwnStack()
    {
        long here = 0;
        Call(Unmap, ((long)&here - 8192) & ~4095, 16384, 0, 0, 0, 0);
        return $"went on {here}";
    }

    public static string KillItself(ulong signal) => $"{Call(Kill, 1, (long)signal, 0, 0, 0, 0)}";

    public static unsafe string SignalFromNowhere()
    {
        long* action = stackalloc long[4] { 0x1234, 0, 0, 0 };
        for (int signal = 0; signal < 70; signal++)
        {
            Call(SignalAction, signal, (long)action, 0, 8, 0, 0);
        }

        return Wild.Read(0x10);
    }
}
