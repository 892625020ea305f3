namespace Hyperlight.Conformance.Checks;

internal static class LinqChecks
{
    private static readonly string[] Words = ["pear", "apple", "fig", "banana", "cherry", "date", "fig"];

    public static Area Area => new("LINQ")
    {
        { "where and select", () => Words.Where(w => w.Length > 3).Select(w => w[0]) },
        { "order", () => Words.OrderBy(w => w.Length).ThenByDescending(w => w, StringComparer.Ordinal) },
        { "stable order", () => Words.OrderBy(w => w.Length).Select((w, i) => $"{i}{w}") },
        { "group", () => Words.GroupBy(w => w.Length).OrderBy(g => g.Key).Select(g => $"{g.Key}:{g.Count()}") },
        { "join", () => Words.Join([3, 4], w => w.Length, n => n, (w, n) => w + n) },
        { "group join", () => ((int[])[3, 9]).GroupJoin(Words, n => n, w => w.Length, (n, ws) => $"{n}:{ws.Count()}") },
        { "left join", () => ((int[])[3, 9]).LeftJoin(Words, n => n, w => w.Length, (n, w) => $"{n}:{w}") },
        { "aggregate", () => Words.Aggregate(0, (sum, w) => sum * 3 + w.Length) },
        {
            "aggregate by",
            () => Words.AggregateBy(w => w.Length, 0, (n, _) => n + 1).OrderBy(p => p.Key).Select(p => $"{p.Key}={p.Value}")
        },
        { "count by", () => Words.CountBy(w => w[0]).OrderBy(p => p.Key).Select(p => $"{p.Key}{p.Value}") },
        { "distinct and union", () => Words.Distinct().Union(["kiwi", "fig"]).Count() },
        { "distinct by", () => Words.DistinctBy(w => w.Length) },
        { "except and intersect", () => Words.Except(["fig"]).Intersect(["date", "pear"]) },
        { "zip", () => Words.Zip(Enumerable.Range(1, 3), (w, i) => w + i) },
        { "chunk", () => Enumerable.Range(0, 7).Chunk(3).Select(c => c.Sum()) },
        { "skip and take", () => Words.Skip(1).SkipLast(2).TakeWhile(w => w != "cherry") },
        { "range of take", () => Words.Take(2..^2) },
        { "select many", () => Words.Take(2).SelectMany(w => w) },
        { "query", () => from w in Words let n = w.Length where n > 3 orderby n, w descending select $"{w}{n}" },
        { "minimum and maximum by", () => Words.MinBy(w => w.Length) + Words.MaxBy(w => w.Length) },
        { "sum and average", () => $"{Words.Sum(w => w.Length)} {Words.Average(w => w.Length):F4}" },
        { "any and all", () => $"{Words.Any(w => w == "fig")} {Words.All(w => w.Length > 3)} {Words.Contains("kiwi")}" },
        { "first of nothing", () => Words.First(w => w == "kiwi") },
        { "single of several", () => Words.Single(w => w == "fig") },
        { "last or default", () => Words.LastOrDefault(w => w.Length > 9) },
        { "lookup", () => Words.ToLookup(w => w.Length)[3] },
        { "dictionary with a repeated key", () => Words.ToDictionary(w => w) },
        { "reverse", () => Words.Reverse().First() },
        { "index", () => Words.Index().Where(p => p.Index % 3 == 0).Select(p => p.Item) },
        { "of type", () => ((object[])[1, "a", 2.0, "b"]).OfType<string>() },
        { "deferred", () => { int n = 0; IEnumerable<int> q = Enumerable.Range(0, 5).Select(i => n++); n = 10; return q.Sum(); } },
        { "sequence equality", () => Words.SequenceEqual(Words.ToList()) },
        { "default if empty", () => Enumerable.Empty<int>().DefaultIfEmpty(7) },
        { "infinite", () => Enumerable.InfiniteSequence(1, 3).Take(4) },
    };
}
