using System.Runtime.CompilerServices;

namespace Basics;

/// <summary>Uses the garbage collector.</summary>
internal static class Memory
{
    private static int s_finalized;
    private static int s_calls;

    /// <summary>Counts the calls since the last restore.</summary>
    public static string Count() => $"{++s_calls}";

    /// <summary>Allocates 256 MiB in pieces, more than the guest has, and keeps little of it.</summary>
    public static string Collect()
    {
        Queue<byte[]> kept = [];
        for (int i = 0; i < 4096; i++)
        {
            byte[] piece = new byte[65536];
            piece.AsSpan().Fill((byte)i);
            kept.Enqueue(piece);
            if (kept.Count > 32)
            {
                kept.Dequeue();
            }
        }

        bool isIntact = kept.Select((piece, i) => piece.All(value => value == (byte)(4096 - 32 + i))).All(same => same);
        return $"intact {isIntact}, collected {GC.CollectionCount(0) > 0}";
    }

    public static string Finalizers()
    {
        s_finalized = 0;
        Abandon(10);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return $"{s_finalized}";
    }

    /// <summary>Takes memory until there is none, and then allocates again.</summary>
    public static string Fill()
    {
        List<byte[]> kept = [];
        try
        {
            while (kept.Count < 1 << 20)
            {
                kept.Add(new byte[65536]);
            }

            return "no end";
        }
        catch (OutOfMemoryException)
        {
            kept.Clear();
            return $"out of memory, then {new byte[1 << 20].Length}";
        }
    }

    /// <summary>Makes garbage of all sizes and a collection of all generations.</summary>
    public static string Churn()
    {
        List<object> kept = [];
        for (int i = 0; i < 200; i++)
        {
            kept.Add(new byte[i * 97]);
            kept.Add($"{i}");
        }

        GC.Collect();
        return $"{kept.Count}";
    }

    /// <summary>Gets the bytes that are alive after a collection.</summary>
    public static string InUse() => $"{GC.GetTotalMemory(forceFullCollection: true)}";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = new Finalized();
        }
    }

    private sealed class Finalized
    {
        ~Finalized() => s_finalized++;
    }
}
