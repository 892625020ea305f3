using System.Buffers;
using System.Runtime.InteropServices;

namespace Hyperlight.Conformance.Checks;

internal static class SpanChecks
{
    public static Area Area => new("spans")
    {
        { "slice", () => "hello world".AsSpan(6).ToString() },
        { "sort", () => { Span<int> s = [5, 1, 4, 2, 3]; s.Sort(); return s.ToArray(); } },
        {
            "sort with a comparison", () =>
            {
                Span<string> s = ["bb", "a", "ccc"];
                s.Sort((a, b) => b.Length - a.Length);
                return s.ToArray();
            }
        },
        {
            "sort many", () =>
            {
                int[] a = [.. Enumerable.Range(0, 5000).Select(i => i * 7919 % 5003)];
                a.AsSpan().Sort();
                return Enumerable.Range(1, 4999).All(i => a[i - 1] <= a[i]);
            }
        },
        { "reverse and fill", () => { Span<byte> s = stackalloc byte[6]; s[..3].Fill(7); s.Reverse(); return s.ToArray(); } },
        {
            "index of",
            () => $"{"abcabc".AsSpan().IndexOf("ca")} {"abc".AsSpan().IndexOfAny('x', 'c')} {"aab".AsSpan().IndexOfAnyExcept('a')}"
        },
        { "search values", () => "hello world".AsSpan().IndexOfAny(SearchValues.Create("wxyz")) },
        {
            "search texts",
            () => "hello WORLD".AsSpan().IndexOfAny(SearchValues.Create(["world", "x"], StringComparison.OrdinalIgnoreCase))
        },
        { "in a long span", () => { byte[] b = new byte[10000]; b[9990] = 3; return b.AsSpan().IndexOf((byte)3); } },
        { "equality", () => ((ReadOnlySpan<int>)[1, 2, 3]).SequenceEqual([1, 2, 3]) },
        { "comparison", () => "abc".AsSpan().SequenceCompareTo("abd") },
        { "common prefix", () => "interval".AsSpan().CommonPrefixLength("interface") },
        {
            "split", () =>
            {
                string log = "";
                foreach (Range r in "a,b,,c".AsSpan().Split(','))
                {
                    log += $"[{"a,b,,c"[r]}]";
                }
                return log;
            }
        },
        { "trim", () => "  x ".AsSpan().Trim().Length },
        { "count", () => "banana".AsSpan().Count('a') },
        { "replace", () => { Span<char> s = "banana".ToCharArray(); s.Replace('a', 'o'); return s.ToString(); } },
        { "cast", () => MemoryMarshal.Cast<byte, int>((byte[])[1, 0, 0, 0, 0, 1, 0, 0]).ToArray() },
        {
            "structure as bytes", () =>
            {
                (int, int) p = (1, 2);
                return MemoryMarshal.AsBytes(new ReadOnlySpan<(int, int)>(in p)).ToArray();
            }
        },
        { "overlap", () => { int[] a = [1, 2, 3, 4]; return a.AsSpan(0, 3).Overlaps(a.AsSpan(2), out int offset) ? offset : -1; } },
        { "copy onto itself", () => { int[] a = [1, 2, 3, 4, 5]; a.AsSpan(0, 4).CopyTo(a.AsSpan(1)); return a; } },
        { "too short a target", () => { new int[3].AsSpan().CopyTo(new int[2]); return "not reached"; } },
        { "slice out of range", () => new int[3].AsSpan(2, 2).Length },
        { "memory", () => { Memory<int> m = new int[5]; m.Span[2] = 4; return m[1..4].ToArray(); } },
        {
            "array pool", () =>
            {
                byte[] a = ArrayPool<byte>.Shared.Rent(1000);
                bool large = a.Length >= 1000;
                ArrayPool<byte>.Shared.Return(a);
                return large;
            }
        },
        { "memory pool", () => { using IMemoryOwner<char> o = MemoryPool<char>.Shared.Rent(10); return o.Memory.Length >= 10; } },
        {
            "buffer writer", () =>
            {
                ArrayBufferWriter<byte> w = new();
                w.Write("abc"u8);
                w.GetSpan(5)[0] = 1;
                w.Advance(1);
                return w.WrittenSpan.ToArray();
            }
        },
        {
            "sequence", () =>
            {
                Segment a = new("ab"u8.ToArray()), b = a.Append("cd"u8.ToArray());
                SequenceReader<byte> r = new(new(a, 0, b, 2));
                r.TryReadTo(out ReadOnlySpan<byte> read, (byte)'c');
                return System.Text.Encoding.ASCII.GetString(read);
            }
        },
        { "text of parts", () => string.Create(5, 'x', (span, c) => span.Fill(c)) },
        {
            "format into a span", () =>
            {
                Span<char> to = stackalloc char[20];
                bool ok = to.TryWrite($"{12}-{"ab"}", out int n);
                return $"{ok} {to[..n]}";
            }
        },
        { "binary search", () => ((ReadOnlySpan<int>)[1, 3, 5]).BinarySearch(4) },
    };

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes) => Memory = bytes;

        public Segment Append(byte[] bytes)
        {
            Segment next = new(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
