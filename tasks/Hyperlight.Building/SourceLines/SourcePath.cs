namespace Hyperlight.SourceLines;

/// <summary>Paths of source files, as compilers of any system write them.</summary>
internal static class SourcePath
{
    private const string Unknown = "?";

    private static StringComparer Comparer { get; } =
        OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Gets whether a path starts at the root of a system: with <c>/</c>, <c>\</c> or a drive like <c>C:</c>.</summary>
    public static bool IsAbsolute(string path) =>
        path.StartsWith('/') || path.StartsWith('\\') || (path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0]));

    /// <summary>Gets the last part of a path.</summary>
    public static string NameOf(string path) => Parts(path) is [.., var name] ? name : Unknown;

    /// <summary>
    /// Gets the path of a file relative to a folder, with <c>/</c>; for a file that is not below the folder its name alone. So the result
    /// has no path of the computer. A path that is relative already stays as it is.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="folder">The absolute path of the folder.</param>
    public static string Below(string path, string folder)
    {
        List<string> parts = Parts(path);
        if (parts.Count == 0)
        {
            return Unknown;
        }

        if (IsAbsolute(path))
        {
            List<string> parents = Parts(folder);
            bool isBelow = parts.Count > parents.Count && parts.Take(parents.Count).SequenceEqual(parents, Comparer);
            parts = isBelow ? parts[parents.Count..] : parts[^1..];
        }

        return string.Join('/', parts[0] == ".." ? parts[^1..] : parts);
    }

    // Without empty parts and ".", and without a part before "..".
    private static List<string> Parts(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/', '\\'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part.Length > 0 && part != ".")
            {
                parts.Add(part);
            }
        }

        return parts;
    }
}
