using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hostile;

/// <summary>Attacks that use up what the guest has.</summary>
internal static unsafe class Exhaustion
{
    public static string Managed()
    {
        List<byte[]> kept = [];
        for (; ; )
        {
            kept.Add(new byte[100_000]);
        }
    }

    public static string OneArray()
    {
        byte[] array = new byte[int.MaxValue - 64];
        GC.KeepAlive(array);
        return $"{array[^1]}";
    }

    public static string Native()
    {
        for (; ; )
        {
            NativeMemory.Fill(NativeMemory.Alloc(1 << 20), 1 << 20, 1);
        }
    }

    public static string Mapped()
    {
        for (; ; )
        {
            long address = SystemCalls.Call(SystemCalls.Map, 0, 1 << 20, 3, 0x22, -1, 0);
            if (address < 0)
            {
                return $"error {-address}";
            }

            NativeMemory.Fill((void*)address, 1 << 20, 1);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Recurse(int depth) => depth < 0 ? depth : Recurse(depth + 1) + Recurse(depth + 2);

    public static string RecurseInThread()
    {
        Thread thread = new(() => Recurse(1));
        thread.Start();
        thread.Join();
        return "ended";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int AllocateOnStack(int size)
    {
        byte* bytes = stackalloc byte[size];
        bytes[0] = 1;
        return bytes[0] + bytes[size - 1];
    }

    /// <summary>Recurses in filters, which run while the exception of the caller is on its way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool RecurseInFilters(int depth)
    {
        try
        {
            throw new InvalidOperationException();
        }
        catch (InvalidOperationException) when (RecurseInFilters(depth + 1))
        {
            return depth > 0;
        }
    }

    public static string Pins()
    {
        for (; ; )
        {
            GCHandle.Alloc(new byte[1000], GCHandleType.Pinned);
        }
    }

    public static string Timers()
    {
        List<Timer> kept = [];
        for (; ; )
        {
            kept.Add(new Timer(_ => { }, null, 1_000_000 + kept.Count, Timeout.Infinite));
        }
    }

    public static string Threads()
    {
        using ManualResetEventSlim never = new();
        for (; ; )
        {
            new Thread(never.Wait).Start();
        }
    }
}
