using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;

namespace Hyperlight.Conformance.Checks;

internal static class CollectionChecks
{
    private static readonly int[] Numbers = [5, 3, 9, 1, 7, 3];

    public static Area Area => new("collections")
    {
        { "list sort", () => { List<int> list = [.. Numbers]; list.Sort(); return list; } },
        {
            "list insert and remove", () =>
            {
                List<int> list = [.. Numbers];
                list.Insert(2, 42);
                list.RemoveAll(i => i == 3);
                list.RemoveAt(0);
                return list;
            }
        },
        { "list binary search", () => { List<int> list = [1, 3, 5, 7]; return $"{list.BinarySearch(5)} {list.BinarySearch(4)}"; } },
        {
            "list changed while read", () =>
            {
                List<int> list = [.. Numbers];
                foreach (int i in list)
                {
                    list.Add(i);
                }
                return "not reached";
            }
        },
        {
            "list range", () =>
            {
                List<int> list = [.. Numbers];
                list.AddRange(Numbers.AsSpan(1, 2));
                list.Reverse();
                return list.GetRange(1, 4);
            }
        },
        { "list index out of range", () => new List<int>()[Numbers[3]] },
        {
            "dictionary", () =>
            {
                Dictionary<string, int> d = new() { ["a"] = 1, ["b"] = 2 };
                d["a"]++;
                d.Remove("b", out int b);
                return $"{d["a"]} {b} {d.Count}";
            }
        },
        {
            "dictionary of many", () =>
            {
                Dictionary<int, int> d = [];
                for (int i = 0; i < 10000; i++)
                {
                    d[i * 7919 % 10007] = i;
                }
                return $"{d.Count} {d[7919]}";
            }
        },
        { "dictionary missing key", () => new Dictionary<string, int>()["missing"] },
        { "dictionary ignoring case", () => new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Key"] = 3 }["kEY"] },
        {
            "dictionary alternate lookup",
            () => new Dictionary<string, int> { ["key"] = 3 }.GetAlternateLookup<ReadOnlySpan<char>>()["my key".AsSpan(3)]
        },
        { "sorted dictionary", () => new SortedDictionary<string, int> { ["b"] = 2, ["a"] = 1, ["c"] = 3 }.Keys },
        {
            "ordered dictionary", () =>
            {
                OrderedDictionary<string, int> d = new() { ["z"] = 1, ["a"] = 2 };
                d.Insert(1, "m", 3);
                return d.Keys;
            }
        },
        {
            "sorted list", () =>
            {
                SortedList<int, string> l = new() { [3] = "c", [1] = "a" };
                return $"{l.IndexOfKey(3)} {l.GetValueAtIndex(0)}";
            }
        },
        {
            "hash set operations", () =>
            {
                HashSet<int> s = [.. Numbers];
                s.IntersectWith([3, 9, 11]);
                s.UnionWith([4]);
                return s.Order();
            }
        },
        { "sorted set range", () => new SortedSet<int>(Numbers).GetViewBetween(3, 7) },
        { "queue", () => { Queue<int> q = new(Numbers); q.Dequeue(); q.Enqueue(8); return q; } },
        { "stack", () => { Stack<int> s = new(Numbers); s.Pop(); s.Push(8); return s; } },
        { "linked list", () => { LinkedList<int> l = new(Numbers); l.AddAfter(l.Find(9)!, 10); l.RemoveFirst(); return l; } },
        {
            "priority queue", () =>
            {
                PriorityQueue<string, int> q = new();
                q.Enqueue("b", 2);
                q.Enqueue("a", 1);
                q.Enqueue("c", 3);
                return $"{q.Dequeue()}{q.Dequeue()}{q.Dequeue()}";
            }
        },
        { "bit array", () => { BitArray b = new(10); b[3] = b[7] = true; return b.Not().Cast<bool>().Select(x => x ? '1' : '0'); } },
        {
            "immutable list", () =>
            {
                ImmutableList<int> l = [1, 2];
                ImmutableList<int> m = l.Add(3).SetItem(0, 9);
                return $"{string.Join(" ", l)} | {string.Join(" ", m)}";
            }
        },
        { "immutable dictionary", () => ImmutableDictionary<string, int>.Empty.Add("a", 1).SetItem("a", 2)["a"] },
        { "immutable array", () => ImmutableArray.Create(Numbers).Sort().BinarySearch(7) },
        { "frozen dictionary", () => new Dictionary<string, int> { ["one"] = 1, ["three"] = 3 }.ToFrozenDictionary()["three"] },
        { "frozen set", () => Numbers.ToFrozenSet().Contains(9) },
        { "read-only view", () => ((IList<int>)new ReadOnlyCollection<int>(Numbers)).Remove(5) },
        {
            "observable", () =>
            {
                ObservableCollection<int> c = [];
                string log = "";
                c.CollectionChanged += (_, e) => log += e.Action;
                c.Add(1);
                c[0] = 2;
                c.Clear();
                return log;
            }
        },
        {
            "concurrent dictionary", () =>
            {
                ConcurrentDictionary<int, int> d = new();
                Parallel.For(0, 1000, i => d.AddOrUpdate(i % 10, 1, (_, n) => n + 1));
                return d.OrderBy(p => p.Key).Select(p => p.Value);
            }
        },
        { "concurrent queue", () => { ConcurrentQueue<int> q = new(Numbers); q.TryDequeue(out int first); return $"{first} {q.Count}"; } },
        { "concurrent bag", () => { ConcurrentBag<int> b = []; Parallel.For(0, 100, b.Add); return b.Sum(); } },
        {
            "blocking collection", () =>
            {
                using BlockingCollection<int> c = new(2);
                Task.Run(() => { for (int i = 0; i < 9; i++) { c.Add(i); } c.CompleteAdding(); });
                return c.GetConsumingEnumerable().Sum();
            }
        },
        {
            "array sort with keys", () =>
            {
                string[] keys = ["c", "a", "b"];
                int[] items = [3, 1, 2];
                Array.Sort(keys, items, StringComparer.Ordinal);
                return items;
            }
        },
        { "array resize and fill", () => { int[] a = [1, 2]; Array.Resize(ref a, 4); Array.Fill(a, 7, 2, 2); return a; } },
        {
            "multidimensional array", () =>
            {
                int[,] a = new int[2, 3];
                a[1, 2] = 5;
                return $"{a.Length} {a.GetLength(1)} {a[1, 2]} {a.Cast<int>().Sum()}";
            }
        },
        { "jagged array", () => { int[][] a = [[1], [2, 3], []]; return a.Select(r => r.Length); } },
        { "array covariance", () => { object[] a = new string[1]; a[0] = new object(); return "not reached"; } },
        { "array list", () => { ArrayList l = [3, 1, 2]; l.Sort(); return l; } },
        { "structural comparison", () => StructuralComparisons.StructuralEqualityComparer.Equals(Numbers, Numbers.ToArray()) },
        { "yield", () => Fibonacci().Skip(5).Take(8) },
        {
            "priority queue removes", () =>
            {
                PriorityQueue<string, int> q = new([("a", 3), ("b", 1), ("c", 2)]);
                q.Remove("b", out _, out _);
                return q.Dequeue();
            }
        },
    };

    private static IEnumerable<long> Fibonacci()
    {
        (long a, long b) = (0, 1);
        while (true)
        {
            yield return a;
            (a, b) = (b, a + b);
        }
    }
}
