namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>Generated source files.</summary>
internal static class SourceFile
{
    /// <summary>Makes a file have a text. A file that has it already keeps its time, so that the compiler has nothing to do.</summary>
    public static void WriteWhenDifferent(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
