using System.Text.RegularExpressions;

namespace Hyperlight.Testing;

/// <summary>Finds the folders of images. They are named after the guest and the image's content.</summary>
public static partial class ImageFolders
{
    /// <summary>
    /// Gets the folder <c>…/hello-0123456789abcdef</c> for the path <c>…/hello</c>. The guest must have only one such folder; if it has
    /// none, the result is the path itself.
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
