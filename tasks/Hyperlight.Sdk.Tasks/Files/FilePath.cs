namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>
/// The paths of a project and of its files. A project may write <c>\</c> and <c>/</c> on every system, as MSBuild does. What a build
/// compares between computers, such as records and digests, has <c>/</c>.
/// </summary>
internal static class FilePath
{
    /// <summary>Gets the comparer of paths: two equal paths name the same file. On Windows upper and lower case are the same.</summary>
    public static StringComparer Comparer { get; } = ComparerOf(OperatingSystem.IsWindows());

    /// <summary>Gets the comparer of paths for a system.</summary>
    internal static StringComparer ComparerOf(bool isWindows) => isWindows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Gets the absolute path that a text of a project means.</summary>
    /// <param name="text">The text, absolute or relative to <paramref name="folder"/>.</param>
    /// <param name="folder">The absolute path of a folder.</param>
    public static string Absolute(string text, string folder) => Path.GetFullPath(Portable(text), folder);

    /// <summary>Gets a path with <c>/</c> between its parts.</summary>
    public static string Portable(string path) => path.Replace('\\', '/');

    /// <summary>Gets whether a path is below a folder.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="folder">The absolute path of the folder, with a separator at its end.</param>
    /// <param name="comparer">The comparer of the system, <see cref="Comparer"/>.</param>
    public static bool IsBelow(string path, string folder, StringComparer comparer) =>
        path.Length > folder.Length && comparer.Equals(path[..folder.Length], folder);
}
