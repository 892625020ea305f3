namespace Hyperlight.Compiling;

/// <summary>Finds programs.</summary>
internal static class ProgramFile
{
    private static readonly string[] Endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ""] : [""];

    /// <summary>Finds a program.</summary>
    /// <param name="name">The absolute path of the program, or its name.</param>
    /// <param name="searchPath">The folders with programs, as in the environment variable PATH. Relative folders are left out.</param>
    /// <returns>The absolute path; <c>null</c> if there is no such program.</returns>
    public static string? Find(string name, string searchPath)
    {
        if (Path.IsPathFullyQualified(name))
        {
            return WithEnding(name);
        }

        return name.AsSpan().IndexOfAny('/', '\\') >= 0
            ? null
            : searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathFullyQualified)
                .Select(folder => WithEnding(Path.Combine(folder, name))).FirstOrDefault(path => path is not null);
    }

    private static string? WithEnding(string path) => Endings.Select(ending => path + ending).FirstOrDefault(File.Exists);
}
