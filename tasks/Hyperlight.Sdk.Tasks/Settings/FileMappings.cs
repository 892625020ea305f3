using System.Globalization;
using Hyperlight.Images;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// Reads and writes the setting <c>FileMappings</c>: files that every sandbox shows its guest. Their copies beside the program are named by
/// label.
/// </summary>
internal static class FileMappings
{
    // The list in the PEB has 32 entries, with labels of 63 bytes (i686 sheet, section 9).
    private const int MaxCount = 32;
    private const int MaxLabelLength = 63;

    // The separator of files in items that tasks pass to each other. A semicolon, which MSBuild uses, may be part of the path of the
    // project.
    private const char Separator = '\n';

    /// <summary>Reads the text of a project: <c>label=path@address;…</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="find">Finds a file of the project.</param>
    /// <param name="wrong">Receives HL4016 and HL4017.</param>
    public static IReadOnlyList<MappedFile> Read(string text, Func<string, FileInfo> find, Action<Finding> wrong)
    {
        List<MappedFile> files = [];
        foreach (string entry in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            (int labelEnd, int pathEnd) = (entry.IndexOf('='), entry.LastIndexOf('@'));
            bool hasParts = labelEnd > 0 && pathEnd > labelEnd;
            string label = hasParts ? entry[..labelEnd].Trim() : "";
            string path = hasParts ? entry[(labelEnd + 1)..pathEnd].Trim() : "";
            if (!IsLabel(label)
                || path.Length == 0
                || !ByteSize.TryParse(entry[(pathEnd + 1)..], out ulong address)
                || address % GuestLayout.PageSize != 0)
            {
                wrong(Rules.BadFileMapping.Found(
                    $"\"{entry}\" is not a file mapping; a file mapping is written label=path@address, with a label of 1 to "
                        + $"{MaxLabelLength} "
                    + $"of the characters A-Z a-z 0-9 _ - . that does not start with - or . or end with ., and is no device of Windows "
                    + $"like con or com1, and an address that is "
                    + $"a multiple of 0x{GuestLayout.PageSize:X}, for example ramfs=initrd.img@0x80000000: correct the mapping."));
                continue;
            }

            FileInfo file = find(path);
            if (file is not { Exists: true, Length: > 0 })
            {
                wrong(Rules.MappedFileMissing.Found(
                    $"the file '{file.FullName}' for the label '{label}' does not exist or is empty: make the file first, or correct the "
                        + $"path."));
            }
            else if (files.Exists(other => other.Label.Equals(label, StringComparison.OrdinalIgnoreCase)) || files.Count == MaxCount)
            {
                wrong(Rules.BadFileMapping.Found(
                    $"\"{entry}\" is one mapping too many; labels of a guest differ in more than case, and there are at most {MaxCount}: "
                    + $"choose another label, or put several files into one."));
            }
            else
            {
                files.Add(new(file.FullName, new(address), label));
            }
        }

        return files;
    }

    /// <summary>Writes files for <see cref="FromText"/>.</summary>
    public static string ToText(IEnumerable<MappedFile> files) =>
        string.Join(
            Separator,
            files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Label}={file.Path}@0x{file.Address.Value:X}")));

    /// <summary>Reads a text that <see cref="ToText"/> has written.</summary>
    public static IReadOnlyList<MappedFile> FromText(string text) =>
    [
        .. text.Split(Separator, StringSplitOptions.RemoveEmptyEntries).Select(entry =>
        {
            (int labelEnd, int pathEnd) = (entry.IndexOf('='), entry.LastIndexOf('@'));
            return new MappedFile(entry[(labelEnd + 1)..pathEnd], new(Convert.ToUInt64(entry[(pathEnd + 1)..], 16)), entry[..labelEnd]);
        }),
    ];

    // A label is also the name of a file, so that it must be a valid name on every system.
    private static bool IsLabel(string label) => GuestName.IsValid(label) && label.Length <= MaxLabelLength;
}
