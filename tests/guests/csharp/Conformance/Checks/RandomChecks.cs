namespace Hyperlight.Conformance.Checks;

internal static class RandomChecks
{
    public static Area Area => new("random")
    {
        { "seeded sequence", () => { Random r = new(42); return Enumerable.Range(0, 10).Select(_ => r.Next()).ToArray(); } },
        { "seeded range", () => { Random r = new(7); return Enumerable.Range(0, 10).Select(_ => r.Next(-5, 5)).ToArray(); } },
        { "seeded doubles", () => { Random r = new(1); return Enumerable.Range(0, 3).Select(_ => r.NextDouble()).ToArray(); } },
        { "seeded bytes", () => { byte[] b = new byte[16]; new Random(3).NextBytes(b); return b; } },
        { "seeded 64-bit numbers", () => new Random(5).NextInt64() },
        { "shuffle", () => { int[] a = [1, 2, 3, 4, 5, 6]; new Random(9).Shuffle(a); return a; } },
        { "items", () => new Random(2).GetItems<string>(["a", "b", "c"], 6) },
        { "shared generator in range", () => Enumerable.Range(0, 100).All(_ => Random.Shared.Next(3) is >= 0 and < 3) },
        { "two unseeded generators", () => Enumerable.Range(0, 4).Select(_ => new Random().NextInt64()).Distinct().Count() },
        { "hexadecimal text", () => Random.Shared.GetHexString(12).Length },
    };
}
