using System.Globalization;
using Hyperlight.Files;
using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// The result of a bake: the metadata of the item <c>HyperlightImage</c>, the files of the image, and the findings. The record lies beside
/// the image. With the record a build that has nothing to bake need not open the image, and repeats the findings of the build that baked. A
/// snapshot has a record of its own.
/// </summary>
/// <param name="Key">Everything that the result depends on, as text. Where the key differs, the result is out of date.</param>
/// <param name="Metadata">The names and values of the metadata, in order.</param>
/// <param name="Files">The paths of the image's files relative to the folder of the image, with <c>/</c>, in ordinal order.</param>
/// <param name="Findings">The findings that did not stop the bake, in order.</param>
/// <param name="Documents">The digests of the files that are not blobs, see <see cref="DigestOfDocuments"/>.</param>
internal sealed record BakeRecord(
    string Key,
    IReadOnlyList<KeyValuePair<string, string>> Metadata,
    IReadOnlyList<string> Files,
    IReadOnlyList<Finding> Findings,
    string Documents)
{
    private const string BlobFolder = "blobs/sha256/";
    private const string DocumentsName = "Documents";
    private const string KeyName = "Key";
    private const string FileName = "File";
    private const string FindingName = "Finding";
    private const string PlaceName = "Place";

    /// <summary>Lists the files of an image in the form of <see cref="Files"/>.</summary>
    public static IReadOnlyList<string> FindFiles(string imageDirectory) =>
        [.. Directory.EnumerateFiles(imageDirectory, "*", SearchOption.AllDirectories)
            .Select(file => FilePath.Portable(Path.GetRelativePath(imageDirectory, file)))
            .Order(StringComparer.Ordinal)];

    /// <summary>Checks that all files of the image exist.</summary>
    public bool IsComplete(string imageDirectory) => Files.All(file => File.Exists(Path.Combine(imageDirectory, file)));

    /// <summary>
    /// Checks that each blob has the digest that is its name, and each other file the digest of the record. A full disk, a power failure or
    /// a person can change files of an image. Without the check every build would ship the changed files until somebody cleans the project.
    /// </summary>
    public bool IsIntact(string imageDirectory) => HasIntactBlobs(imageDirectory) && DigestOfDocuments(imageDirectory, Files) == Documents;

    /// <summary>
    /// Checks that each blob has the digest that is its name. A snapshot that is added to an image changes no blob, and changes other
    /// files.
    /// </summary>
    public bool HasIntactBlobs(string imageDirectory) => Files.Where(IsBlob)
        .All(file => FileDigest.OfFile(Path.Combine(imageDirectory, file)) == file[BlobFolder.Length..]);

    /// <summary>
    /// Gets the digests of the files of an image that are not blobs. For a file that cannot be read the word <c>missing</c> counts.
    /// </summary>
    public static string DigestOfDocuments(string imageDirectory, IEnumerable<string> files) =>
        string.Join(
            ' ', files.Where(file => !IsBlob(file)).Select(file => FileDigest.OfFile(Path.Combine(imageDirectory, file)) ?? "missing"));

    /// <summary>Gets the value of a metadata; <c>null</c> if the record does not have the metadata.</summary>
    public string? Find(string name) => Metadata.Where(pair => pair.Key == name).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>
    /// Writes the record to a file. Another process that reads the file meanwhile sees the old record or the new record, and no part of
    /// one.
    /// </summary>
    public void Write(string path)
    {
        IEnumerable<string> lines =
        [
            $"{KeyName}={Key}",
            $"{DocumentsName}={Documents}",
            .. Metadata.Select(pair => $"{pair.Key}={pair.Value}"),
            .. Files.Select(file => $"{FileName}={file}"),
            .. Findings.SelectMany(LinesOf),
        ];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        File.WriteAllText(temporary, string.Concat(lines.Select(line => line + "\n")));
        FileChange.Replace(temporary, path);
    }

    /// <summary>
    /// Gives the file of a record that is up to date the time of its newest input. Visual Studio compares times, and asks for a build until
    /// an output is as new as every input.
    /// </summary>
    /// <param name="path">The file of the record.</param>
    /// <param name="inputs">The files that the result was made from.</param>
    public static void MarkAsChecked(string path, IEnumerable<string> inputs)
    {
        DateTime newest = inputs.Max(File.GetLastWriteTimeUtc);
        if (newest > File.GetLastWriteTimeUtc(path))
        {
            File.SetLastWriteTimeUtc(path, newest);
        }
    }

    /// <summary>
    /// Reads a record. The result is <c>null</c> if there is no file, or if this version of Hyperlight.Sdk did not write the file.
    /// </summary>
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
                case PlaceName when findings.Count > 0 && ReadPlace(value) is { } place:
                    findings[^1] = findings[^1] with { Location = place };
                    break;
                case FindingName or PlaceName:
                    return null;
                case var name:
                    metadata.Add(new(name, value));
                    break;
            }
        }

        return key is null || documents is null || files.Count == 0 ? null : new(key, metadata, files, findings, documents);
    }

    // The place of a finding follows the finding. Findings that are repeated need no function, which their text has.
    private static IEnumerable<string> LinesOf(Finding finding) => finding.Location is { } place
        ? [$"{FindingName}={finding}", string.Create(CultureInfo.InvariantCulture, $"{PlaceName}={place.Line} {place.File}")]
        : [$"{FindingName}={finding}"];

    private static GuestLocation? ReadPlace(string text) =>
        text.Split(' ', 2) is [var number, var file]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int line)
            ? new(null, file, line)
            : null;

    private static bool IsBlob(string file) => file.StartsWith(BlobFolder, StringComparison.Ordinal);
}
