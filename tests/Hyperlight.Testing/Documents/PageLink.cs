namespace Hyperlight.Testing.Documents;

/// <summary>A link, as it is written.</summary>
public sealed record PageLink(string Page, int Line, string Target)
{
    public override string ToString() => $"{Page}:{Line}: {Target}";

    /// <summary>The fault of the link; null if the link leads somewhere.</summary>
    /// <param name="root">The folder that the pages were read from; no link may leave it.</param>
    /// <param name="pages">All pages below the folder, by path.</param>
    public string? FindFault(string root, IReadOnlyDictionary<string, Page> pages)
    {
        if (Target.Contains(':'))
        {
            return Uri.TryCreate(Target, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps
                ? null
                : $"{this} is no https address";
        }

        string[] parts = Target.Split('#', 2);
        string folder = Path.Combine(root, Path.GetDirectoryName(Page)!);
        string full = parts[0].Length == 0
            ? Path.Combine(root, Page)
            : Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(parts[0])));
        string path = Path.GetRelativePath(root, full).Replace('\\', '/');
        if (path.StartsWith("..", StringComparison.Ordinal) || (!File.Exists(full) && !Directory.Exists(full)))
        {
            return $"{this} leads to nothing";
        }

        return parts is [_, var anchor] && !(pages.TryGetValue(path, out Page? page) && page.Anchors.Contains(anchor))
            ? $"{this}: {path} has no such heading"
            : null;
    }
}
