using System.Text.RegularExpressions;
using System.Xml;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>A name that a project file defines.</summary>
/// <param name="Name">The name.</param>
/// <param name="Place">The place in the file.</param>
internal sealed record ProjectWord(string Name, FindingOrigin Place);

/// <summary>An update of one guest.</summary>
/// <param name="Item">The kind of the item.</param>
/// <param name="Path">The path of the guest, or of its project.</param>
/// <param name="Place">The place in the file.</param>
internal sealed record GuestUpdate(string Item, string Path, FindingOrigin Place);

/// <summary>
/// The names that the files of a project define and read. A target cannot ask MSBuild for the names, so this class reads the files again:
/// the files of the project, and the files that they import. An imported file is left out if only an evaluation of the project can find its
/// path.
/// </summary>
/// <param name="projectDirectory">The folder of the project.</param>
/// <param name="sdkRoot">The folder of the SDK, whose files are left out.</param>
internal sealed partial class ProjectWords(string projectDirectory, string sdkRoot)
{
    // The greatest number of files that are read. No project that a person wrote imports more files.
    private const int MaxFiles = 100;

    private readonly HashSet<string> _files = new(FilePath.Comparer);

    // The texts that may read a name. The texts are searched only when there is a name to search for, and most builds have no such name.
    private readonly List<ReadingText> _texts = [];
    private HashSet<string>? _readProperties;
    private HashSet<string>? _readItems;

    /// <summary>Gets the properties that the files set.</summary>
    public List<ProjectWord> Properties { get; } = [];

    /// <summary>Gets the kinds of items that the files include.</summary>
    public List<ProjectWord> Items { get; } = [];

    /// <summary>Gets the guests that the files update by one path and without a condition.</summary>
    public List<GuestUpdate> Updates { get; } = [];

    /// <summary>Gets the properties that the files read and whose names contain <see cref="KnownNames.Mark"/>.</summary>
    public IEnumerable<ProjectWord> MarkedReads => _texts
        .Where(text => text.Text.Contains(KnownNames.Mark, StringComparison.OrdinalIgnoreCase))
        .SelectMany(text => Read(text.Text, isProperty: true).Select(name => new ProjectWord(name, text.Reader.Place)));

    /// <summary>Gets whether a file reads a property. Then the property means something to the project itself.</summary>
    public bool ReadsProperty(string name) => (_readProperties ??= FindRead(isProperty: true)).Contains(name);

    /// <summary>Gets whether a file reads an item or a metadata.</summary>
    public bool ReadsItem(string name) => (_readItems ??= FindRead(isProperty: false)).Contains(name);

    /// <summary>Finds where a metadata of an item is read, in texts that name the item.</summary>
    public IEnumerable<ProjectWord> ReadersOf(string item, string metadata) => _texts
        .Where(text => text.Text.Contains(item, StringComparison.OrdinalIgnoreCase))
        .Where(text => Read(text.Text, isProperty: false).Contains(metadata, StringComparer.OrdinalIgnoreCase))
        .Select(text => text.Reader);

    /// <summary>
    /// Adds the names of a file and of the files that it imports. A file that cannot be read is left out, because MSBuild reads the file
    /// first and reports the failure.
    /// </summary>
    public void Add(string file)
    {
        if (FilePath.IsBelow(file, sdkRoot, FilePath.Comparer) || _files.Count == MaxFiles || !_files.Add(file) || !File.Exists(file))
        {
            return;
        }

        try
        {
            using XmlReader reader = XmlReader.Create(file, new() { DtdProcessing = DtdProcessing.Ignore, IgnoreWhitespace = true });
            Add(reader, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
        }
    }

    private void Add(XmlReader reader, string file)
    {
        List<OpenElement> parents = [];
        while (reader.Read())
        {
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
            {
                AddReferences(reader.Value, new(parents[^1].Name, new(file, ((IXmlLineInfo)reader).LineNumber)));
            }
            else if (reader.NodeType == XmlNodeType.Element)
            {
                parents.RemoveRange(reader.Depth, parents.Count - reader.Depth);
                ProjectWord word = new(reader.LocalName, new(file, ((IXmlLineInfo)reader).LineNumber));
                switch (parents.LastOrDefault()?.Name)
                {
                    case "PropertyGroup":
                        Properties.Add(word);
                        break;
                    case "ItemGroup" or "ItemDefinitionGroup":
                        Items.Add(word);
                        break;
                    default:
                        break;
                }

                bool isConditional = reader.GetAttribute("Condition") is not null
                    || parents.Any(parent => parent.IsConditional || parent.Name == "Target");
                if (KnownNames.GuestItems.Contains(word.Name) && !isConditional
                    && reader.GetAttribute("Update") is { } update && IsOnePath(update))
                {
                    Updates.Add(new(word.Name, update.Trim(), word.Place));
                }

                string? import = word.Name == "Import" ? reader.GetAttribute("Project") : null;
                parents.Add(new(word.Name, isConditional));
                while (reader.MoveToNextAttribute())
                {
                    AddReferences(reader.Value, word);
                }

                if (import is not null && Resolve(import, file) is { } imported)
                {
                    Add(imported);
                }
            }
        }
    }

    private static bool IsOnePath(string path) => path.Trim().Length > 0 && !path.Any(c => c is '$' or '@' or '%' or '*' or '?' or ';');

    private void AddReferences(string text, ProjectWord reader)
    {
        if (text.Contains('(', StringComparison.Ordinal))
        {
            _texts.Add(new(text, reader));
        }
    }

    // A name that only its own definition reads, to keep or extend an earlier value, is not used.
    private HashSet<string> FindRead(bool isProperty) =>
        _texts
            .SelectMany(
                text => Read(text.Text, isProperty).Where(name => !name.Equals(text.Reader.Name, StringComparison.OrdinalIgnoreCase)))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Read(string text, bool isProperty) =>
        References().Matches(text)
            .Where(match => match.Value[0] == '$' == isProperty)
            .SelectMany(match => match.Groups["name"].Captures.Select(capture => capture.Value));

    private string? Resolve(string import, string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        if (import.Contains("[MSBuild]", StringComparison.Ordinal) && FileAbove().Match(import) is { Success: true } above)
        {
            return FindAbove(above.Groups[1].Value, Path.GetDirectoryName(folder));
        }

        string path = import
            .Replace("$(MSBuildThisFileDirectory)", folder + "/", StringComparison.OrdinalIgnoreCase)
            .Replace("$(MSBuildProjectDirectory)", projectDirectory, StringComparison.OrdinalIgnoreCase);
        return path.Length == 0 || path.Contains('$') || path.Contains('*') ? null : FilePath.Absolute(path, folder);
    }

    private static string? FindAbove(string name, string? folder)
    {
        for (; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, name)))
            {
                return Path.Combine(folder, name);
            }
        }

        return null;
    }

    // A text that is the value or the condition of a property, item or metadata, which the reader names.
    private sealed record ReadingText(string Text, ProjectWord Reader);

    // An XML element whose end has not been read yet.
    private sealed record OpenElement(string Name, bool IsConditional);

    // $(Name…), @(Name…), %(Name) and %(Item.Name), and the metadata that item functions name.
    [GeneratedRegex(@"[$@%]\(\s*(?<name>\w+)(\.(?<name>\w+))?|Metadata\w*\(\s*'(?<name>\w+)'")]
    private static partial Regex References();

    [GeneratedRegex(@"^\s*\$\(\[MSBuild\]::GetPathOfFileAbove\(\s*'?([^',()]+?)'?\s*[,)]")]
    private static partial Regex FileAbove();
}
