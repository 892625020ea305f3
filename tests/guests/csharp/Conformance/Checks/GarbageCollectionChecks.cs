using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hyperlight.Conformance.Checks;

internal static class GarbageCollectionChecks
{
    private static int _finalized;

    public static Area Area => new("garbage collection")
    {
        { "weak reference", () => { WeakReference w = Weak(); Collect(); return w.IsAlive; } },
        {
            "weak reference to a living object", () =>
            {
                object o = new();
                WeakReference<object> w = new(o);
                Collect();
                bool alive = w.TryGetTarget(out _);
                GC.KeepAlive(o);
                return alive;
            }
        },
        { "finalizers run", () => { _finalized = 0; MakeFinalized(10); Collect(); return _finalized; } },
        { "suppressed finalizer", () => { _finalized = 0; Suppressed(); Collect(); return _finalized; } },
        { "resurrection", () => { Resurrected.Back = null; MakeResurrected(); Collect(); return Resurrected.Back?.Value; } },
        {
            "conditional weak table", () =>
            {
                ConditionalWeakTable<object, string> t = new();
                object k = new();
                t.Add(k, "value");
                Collect();
                bool found = t.TryGetValue(k, out string? v);
                GC.KeepAlive(k);
                return $"{found} {v}";
            }
        },
        {
            "pinned handle", () =>
            {
                byte[] b = [1, 2, 3];
                GCHandle h = GCHandle.Alloc(b, GCHandleType.Pinned);
                nint a = h.AddrOfPinnedObject();
                Collect();
                bool same = a == h.AddrOfPinnedObject();
                byte read = Marshal.ReadByte(a, 1);
                h.Free();
                return $"{same} {read}";
            }
        },
        { "weak handle", () => { GCHandle h = WeakHandle(); Collect(); bool gone = h.Target is null; h.Free(); return gone; } },
        {
            "dependent handle", () =>
            {
                object k = new();
                using DependentHandle d = new(k, "dependent");
                Collect();
                object? v = d.Dependent;
                GC.KeepAlive(k);
                return v;
            }
        },
        {
            "generation rises", () =>
            {
                object o = new();
                int before = GC.GetGeneration(o);
                GC.Collect();
                bool rises = GC.GetGeneration(o) > before;
                GC.KeepAlive(o);
                return $"{before} {rises}";
            }
        },
        { "much garbage", () => { long sum = 0; for (int i = 0; i < 20000; i++) { sum += new byte[1000].Length; } return sum; } },
        { "large objects", () => { int sum = 0; for (int i = 0; i < 20; i++) { sum += new byte[1 << 20].Length; } return sum; } },
        {
            "a linked structure survives", () =>
            {
                Node? n = null;
                for (int i = 0; i < 50000; i++)
                {
                    n = new(n, i);
                }
                Collect();
                long sum = 0;
                for (; n is not null; n = n.Next)
                {
                    sum += n.Value;
                }
                return sum;
            }
        },
        { "memory is given back", () => { MakeGarbage(); Collect(); return GC.GetTotalMemory(true) < 64 << 20; } },
        { "memory pressure", () => { GC.AddMemoryPressure(1 << 20); GC.RemoveMemoryPressure(1 << 20); return "balanced"; } },
        {
            "allocated bytes rise", () =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                GC.KeepAlive(new byte[5000]);
                return GC.GetAllocatedBytesForCurrentThread() - before >= 5000;
            }
        },
        { "collection count rises", () => { int before = GC.CollectionCount(2); GC.Collect(); return GC.CollectionCount(2) - before; } },
        { "uninitialized array", () => GC.AllocateUninitializedArray<byte>(10000).Length },
        { "pinned array", () => GC.AllocateArray<byte>(100, pinned: true).Sum(b => b) },
        {
            "no collection region", () =>
            {
                bool entered = GC.TryStartNoGCRegion(200_000);
                GC.KeepAlive(new byte[1000]);
                if (entered)
                {
                    GC.EndNoGCRegion();
                }
                return entered;
            }
        },
        { "latency mode", () => GCSettings.IsServerGC },
        { "collection while threads run", CollectWhileThreadsRun },
        { "too large an array", () => { try { return new byte[0x7FFFFFC7].Length > 0; } catch (OutOfMemoryException) { return true; } } },
        { "array over the limit", () => new long[(long)int.MaxValue * 2].Length },
    };

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Weak() => new(new object());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GCHandle WeakHandle() => GCHandle.Alloc(new object(), GCHandleType.Weak);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeFinalized(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = new Finalized();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Suppressed() => GC.SuppressFinalize(new Finalized());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeResurrected() => _ = new Resurrected(5);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeGarbage()
    {
        List<byte[]> kept = [];
        for (int i = 0; i < 40; i++)
        {
            kept.Add(new byte[100_000]);
        }
    }

    private static string CollectWhileThreadsRun()
    {
        long[] sums = new long[4];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(n => new Thread(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                sums[n] += string.Concat("number ", i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Length;
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            Thread.Yield();
        }
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        return string.Join(" ", sums);
    }

    private sealed class Finalized
    {
        ~Finalized() => Interlocked.Increment(ref _finalized);
    }

    private sealed class Resurrected(int value)
    {
        public static Resurrected? Back { get; set; }

        public int Value => value;

        ~Resurrected() => Back = this;
    }

    private sealed record Node(Node? Next, int Value);
}
