namespace Hyperlight.Runtime.Tests.Vectors;

/// <summary>Messages recorded from upstream v0.16.0's own encoder.</summary>
internal static class RecordedMessages
{
    private static readonly Dictionary<string, byte[]> All = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", "messages.tsv"))
        .Where(line => !line.StartsWith('#') && line.Length > 0)
        .Select(line => line.Split('\t'))
        .ToDictionary(fields => fields[0], fields => Convert.FromHexString(fields[1]));

    public static IReadOnlyCollection<string> Names => All.Keys;

    public static byte[] Get(string name) => [.. All[name]];
}
