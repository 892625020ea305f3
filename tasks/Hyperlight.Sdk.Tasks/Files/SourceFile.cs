namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>Writes generated source files.</summary>
internal static class SourceFile
{
    /// <summary>Writes a text to a file. A file that has the text already keeps its time, so that the compiler need not run.</summary>
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
