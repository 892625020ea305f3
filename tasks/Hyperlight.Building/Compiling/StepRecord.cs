using Hyperlight.Files;

namespace Hyperlight.Compiling;

/// <summary>
/// The command and the inputs of a step of a build. The record lies beside the output of the step. A step whose record is up to date does
/// not run, and repeats its messages.
/// </summary>
/// <param name="Key">The digest of the command, with the identity of the compiler.</param>
/// <param name="Inputs">The digest and the path of each file that the command has read.</param>
/// <param name="Text">The messages of the command.</param>
internal sealed record StepRecord(string Key, IReadOnlyList<(string Digest, string Path)> Inputs, string Text)
{
    // The first line says which version of this code wrote the record.
    private const string Format = "1";

    /// <summary>Gets the path of the record of an output.</summary>
    public static string PathOf(string output) => output + ".record";

    /// <summary>Reads a record; <c>null</c> if there is none, or if another version of Hyperlight.Sdk wrote it.</summary>
    public static StepRecord? Read(string path)
    {
        string[] lines = File.Exists(path) ? File.ReadAllText(path).Split('\n') : [];
        int end = Array.IndexOf(lines, "");
        if (end < 2 || lines[0] != Format)
        {
            return null;
        }

        List<(string, string)> inputs = [];
        foreach (string line in lines[2..end])
        {
            if (line.Split(' ', 2) is not [var digest, var input])
            {
                return null;
            }

            inputs.Add((digest, input));
        }

        return new(lines[1], inputs, string.Join('\n', lines[(end + 1)..]));
    }

    /// <summary>Writes the record. Another process sees no part of a record.</summary>
    public void Write(string path)
    {
        IEnumerable<string> lines = [Format, Key, .. Inputs.Select(input => $"{input.Digest} {input.Path}"), "", Text];
        File.WriteAllText(path + ".tmp", string.Join('\n', lines));
        FileChange.Replace(path + ".tmp", path);
    }

    /// <summary>Gets whether the same command would read the same files again.</summary>
    public bool IsCurrent(string key, ContentDigests digests) =>
        Key == key && Inputs.All(input => digests.Of(input.Path) == input.Digest);
}
