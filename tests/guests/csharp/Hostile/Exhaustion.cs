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

    public static string Threads()
    {
        using ManualResetEventSlim never = new();
        for (; ; )
        {
            new Thread(never.Wait).Start();
        }
    }
}
