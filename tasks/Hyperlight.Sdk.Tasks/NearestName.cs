namespace Hyperlight.Sdk.Tasks;

/// <summary>Finds the known name that is nearest to a mistyped name.</summary>
internal static class NearestName
{
    // Names may differ in one letter for each four letters of the shorter name, and in three letters at most.
    private const int LettersPerMistake = 4;
    private const int MaxMistakes = 3;

    // The least number of letters of a part by which a name is found.
    private const int MinPart = 4;

    /// <summary>Finds the nearest of some names; <c>null</c> if no name is near.</summary>
    /// <param name="name">The mistyped name.</param>
    /// <param name="known">The names. If several are equally near, the first of them is found.</param>
    /// <param name="start">A word that most of the names begin with. If the mistyped name begins with the word, only the rest of each name
    /// is compared.</param>
    public static string? Find(string name, IEnumerable<string> known, string start = "")
    {
        string prefix = name.StartsWith(start, StringComparison.OrdinalIgnoreCase) ? start : "";
        string written = Core(name, prefix);
        string[] names = [.. known];
        var nearest = names
            .Select(candidate => (Name: candidate, Core: Core(candidate, prefix)))
            .Select(candidate => (candidate.Name, Distance: Distance(written, candidate.Core), Limit: Limit(written, candidate.Core)))
            .Where(found => found.Distance <= found.Limit)
            .OrderBy(found => found.Distance)
            .FirstOrDefault();
        return nearest.Name is null && written.Length >= MinPart
            ? names.FirstOrDefault(candidate => Core(candidate, prefix).Contains(written, StringComparison.Ordinal))
            : nearest.Name;
    }

    /// <summary>Gets whether a name differs from a known name in one or two letters that are missing, added, exchanged or wrong.</summary>
    public static bool IsNear(string name, string known) =>
        Math.Abs(name.Length - known.Length) <= 2 && Distance(Core(name, ""), Core(known, "")) is > 0 and <= 2;

    private static int Limit(string written, string candidate) =>
        Math.Min(MaxMistakes, Math.Max(1, Math.Min(written.Length, candidate.Length) / LettersPerMistake));

    // Case and punctuation do not count.
    private static string Core(string name, string prefix)
    {
        string core = string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        string start = prefix.ToUpperInvariant();
        return start.Length > 0 && core.StartsWith(start, StringComparison.Ordinal) ? core[start.Length..] : core;
    }

    /// <summary>Counts the letters to insert, remove, replace or exchange with their neighbour to get from one name to the other.</summary>
    private static int Distance(string from, string to)
    {
        int[,] distance = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                int replaced = distance[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                distance[i, j] = Math.Min(replaced, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[from.Length, to.Length];
    }
}
