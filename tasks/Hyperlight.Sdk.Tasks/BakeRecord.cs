namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// What a bake gave: the metadata of the <c>HyperlightImage</c> item and the image's files. It is kept beside the image so that a build
/// that has nothing to bake need not open the image, and its time tells MSBuild when the last bake was. A snapshot has one of its own.
/// </summary>
/// <param name="Metadata">Names and values, in order.</param>
/// <param name="Files">The files of the image relative to its folder, with <c>/</c>, in ordinal order.</param>
internal sealed record BakeRecord(IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<string> Files)
{
    private const string FileKey = "File";

    /// <summary>The files of an image as a record lists them.</summary>
    public static IReadOnlyList<string> FindFiles(string imageDirectory) =>
        [.. Directory.EnumerateFiles(imageDirectory, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(imageDirectory, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    /// <summary>Whether all files of the image are still there.</summary>
    public bool IsComplete(string imageDirectory) => Files.All(file => File.Exists(Path.Combine(imageDirectory, file)));

    /// <summary>The value of <paramref name="name"/>, null when there is none.</summary>
    public string? Find(string name) => Metadata.Where(pair => pair.Key == name).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Writes the record; a reader sees the old one or the new one.</summary>
    public void Write(string path)
    {
        IEnumerable<string> lines =
            [.. Metadata.Select(pair => $"{pair.Key}={pair.Value}"), .. Files.Select(file => $"{FileKey}={file}")];
        string temporary = path + ".tmp";
        File.WriteAllLines(temporary, lines);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a record, null when there is none.</summary>
    public static BakeRecord? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        List<KeyValuePair<string, string>> metadata = [];
        List<string> files = [];
        foreach (string line in File.ReadLines(path))
        {
            int end = line.IndexOf('=');
            if (end < 0)
            {
                return null;
            }

            if (line.AsSpan(0, end).SequenceEqual(FileKey))
            {
                files.Add(line[(end + 1)..]);
            }
            else
            {
                metadata.Add(new(line[..end], line[(end + 1)..]));
            }
        }

        return files.Count == 0 ? null : new(metadata, files);
    }
}
