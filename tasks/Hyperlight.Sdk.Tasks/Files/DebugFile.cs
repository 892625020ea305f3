namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>Finds the guest that a file with debug information was separated from.</summary>
internal static class DebugFile
{
    private static readonly string[] Marks = ["debug", "dbg"];

    /// <summary>
    /// Finds a file in the same folder that has the same name without <c>.debug</c> or <c>.dbg</c>, and with or without <c>.elf</c>.
    /// </summary>
    /// <param name="path">The absolute path of the file with debug information.</param>
    /// <returns>The name of the file; <c>null</c> if there is no such file.</returns>
    public static string? FindGuest(string path) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)
            .FirstOrDefault(name => FilePath.Comparer.Equals(Core(name), Core(Path.GetFileName(path))) && !Parts(name).Any(IsMark));

    private static string Core(string name) =>
        string.Join('.', Parts(name).Where(part => !FilePath.Comparer.Equals(part, "elf") && !IsMark(part)));

    private static string[] Parts(string name) => name.Split('.');

    private static bool IsMark(string part) => Marks.Contains(part, FilePath.Comparer);
}
