using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// The result of a bake: the metadata of the <c>HyperlightImage</c> item, the image's files, and the findings. It is kept beside the
/// image, so that a build that has nothing to bake need not open the image and says what the build said that baked. A snapshot has one of its own.
/// </summary>
/// <param name="Key">Everything the result depends on; another key asks for another result.</param>
/// <param name="Metadata">Names and values, in order.</param>
/// <param name="Files">The files of the image relative to its folder, with <c>/</c>, in ordinal order.</param>
/// <param name="Findings">The findings that did not stop the bake, in order.</param>
/// <param name="Documents">The digest of those files that are no blobs, see <see cref="DigestOfDocuments"/>.</param>
internal sealed record BakeRecord(
    string Key, IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<string> Files, IReadOnlyList<Finding> Findings, string Documents)
{
    private const string BlobFolder = "blobs/sha256/";
    private const string DocumentsName = "Documents";
    private const string KeyName = "Key";
    private const string FileName = "File";
    private const string FindingName = "Finding";

    /// <summary>The files of an image as a record lists them.</summary>
    public static IReadOnlyList<string> FindFiles(string imageDirectory) =>
        [.. Directory.EnumerateFiles(imageDirectory, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(imageDirectory, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    /// <summary>Whether all files of the image are still there.</summary>
    public bool IsComplete(string imageDirectory) => Files.All(file => File.Exists(Path.Combine(imageDirectory, file)));

    /// <summary>
    /// Whether the blobs have the content that their names say, and the other files that of the record. A full disk, a power failure or a person can have
    /// changed them, and every build would ship them until somebody cleans.
    /// </summary>
    public bool IsIntact(string imageDirectory) => HasIntactBlobs(imageDirectory) && DigestOfDocuments(imageDirectory, Files) == Documents;

    /// <summary>Whether the blobs have the content that their names say: a snapshot that is added to an image changes other files of it, and no blob.</summary>
    public bool HasIntactBlobs(string imageDirectory) => Files.Where(IsBlob)
        .All(file => FileDigest.OfFile(Path.Combine(imageDirectory, file)) == file[BlobFolder.Length..]);

    /// <summary>Tells the files of an image that are no blobs from others in their places. One that cannot be read counts, too.</summary>
    public static string DigestOfDocuments(string imageDirectory, IEnumerable<string> files) =>
        string.Join(' ', files.Where(file => !IsBlob(file)).Select(file => FileDigest.OfFile(Path.Combine(imageDirectory, file)) ?? "missing"));

    /// <summary>The value of <paramref name="name"/>, null when there is none.</summary>
    public string? Find(string name) => Metadata.Where(pair => pair.Key == name).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Writes the record; a reader sees the old one or the new one.</summary>
    public void Write(string path)
    {
        IEnumerable<string> lines =
        [
            $"{KeyName}={Key}",
            $"{DocumentsName}={Documents}",
            .. Metadata.Select(pair => $"{pair.Key}={pair.Value}"),
            .. Files.Select(file => $"{FileName}={file}"),
            .. Findings.Select(finding => $"{FindingName}={finding}"),
        ];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        File.WriteAllLines(temporary, lines);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>
    /// Gives a record that is still right the time of its newest input: Visual Studio compares times, and asks for a build until an output is as new as
    /// every input.
    /// </summary>
    /// <param name="path">The record.</param>
    /// <param name="inputs">The files it was made from; an empty path counts for none.</param>
    public static void MarkAsChecked(string path, IEnumerable<string> inputs)
    {
        DateTime newest = inputs.Where(input => input.Length > 0).Max(File.GetLastWriteTimeUtc);
        if (newest > File.GetLastWriteTimeUtc(path))
        {
            File.SetLastWriteTimeUtc(path, newest);
        }
    }

    /// <summary>Reads a record, null when there is none or this version of the SDK did not write it.</summary>
    public static BakeRecord? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? key = null, documents = null;
        List<KeyValuePair<string, string>> metadata = [];
        List<string> files = [];
        List<Finding> findings = [];
        foreach (string line in File.ReadLines(path))
        {
            int end = line.IndexOf('=');
            if (end < 0)
            {
                return null;
            }

            string value = line[(end + 1)..];
            switch (line[..end])
            {
                case KeyName:
                    key = value;
                    break;
                case DocumentsName:
                    documents = value;
                    break;
                case FileName:
                    files.Add(value);
                    break;
                case FindingName when FindingText.Parse(value) is { } finding:
                    findings.Add(finding);
                    break;
                case FindingName:
                    return null;
                case var name:
                    metadata.Add(new(name, value));
                    break;
            }
        }

        return key is null || documents is null || files.Count == 0 ? null : new(key, metadata, files, findings, documents);
    }

    private static bool IsBlob(string file) => file.StartsWith(BlobFolder, StringComparison.Ordinal);
}
