using System.Text.RegularExpressions;

namespace Hyperlight.Testing;

/// <summary>Finds images beside a program, whose folders are named after guest and content.</summary>
public static partial class ImageFolders
{
    /// <summary>
    /// The folder <c>…/hello-0123456789abcdef</c> for <c>…/hello</c>, which must be the only one of that guest; the path itself when there
    /// is none.
    /// </summary>
    public static string Find(string path)
    {
        string name = Path.GetFileName(path);
        return Directory.Exists(path) || Path.GetDirectoryName(path) is not { } parent || !Directory.Exists(parent)
            ? path
            : Directory.EnumerateDirectories(parent, name + "-*")
                .SingleOrDefault(folder => Digest().IsMatch(Path.GetFileName(folder)[name.Length..])) ?? path;
    }

    [GeneratedRegex("^-[0-9a-f]{16}$")]
    private static partial Regex Digest();
}
