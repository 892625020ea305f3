using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Finds the line of an item, a metadata or a property in a project file. MSBuild knows the line and does not tell tasks. So the file is
/// read again, which takes a few milliseconds and happens only when there is something to report.
/// </summary>
internal static class ProjectLines
{
    /// <summary>
    /// Finds the element that includes or updates a guest: the element with the path, otherwise the element whose wildcard finds the path.
    /// The line is 0 if the file has no such element.
    /// </summary>
    public static FindingOrigin FindItem(string projectFile, string include) => Find(projectFile, element => Rank(element, include));

    /// <summary>Finds the element that sets a property. The line is 0 if another file sets the property.</summary>
    public static FindingOrigin FindProperty(string projectFile, string name) =>
        Find(projectFile, element => element.Name.LocalName == name && element.Parent?.Name.LocalName == "PropertyGroup" ? 1 : 0);

    /// <summary>
    /// Finds the attribute or element that gives a metadata of a guest: on the item of the guest, otherwise on any guest, for example in an
    /// item definition.
    /// </summary>
    /// <param name="files">The paths of the files to search, in order. An empty path is left out.</param>
    /// <param name="include">The path of the guest as the project gives it.</param>
    /// <param name="metadata">The name of the metadata.</param>
    public static FindingOrigin FindMetadata(IReadOnlyList<string> files, string include, string metadata)
    {
        IEnumerable<FindingOrigin> places =
            from file in files.Where(file => file.Length > 0).Distinct(FilePath.Comparer)
            select Find(
                file,
                element => IsMetadata(element, metadata) ? 1 + Math.Max(Rank(element, include), Rank(element.Parent, include)) : 0);
        return places.FirstOrDefault(place => place.Line > 0) ?? new(files[^1]);
    }

    private static bool IsGuest(XElement element) => KnownNames.GuestItems.Contains(element.Name.LocalName);

    // An attribute of the item, or an element in it.
    private static bool IsMetadata(XElement element, string metadata) =>
        IsGuest(element)
            ? element.Attributes().Any(attribute => attribute.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase))
            : element.Parent is { } item && IsGuest(item) && element.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase);

    // Finds the first of the elements with the highest rank. An element of rank 0 does not count.
    private static FindingOrigin Find(string projectFile, Func<XElement, int> rank)
    {
        try
        {
            XElement? found = XDocument.Load(projectFile, LoadOptions.SetLineInfo).Descendants().MaxBy(rank);
            return new(projectFile, found is IXmlLineInfo line && line.HasLineInfo() && rank(found) > 0 ? line.LineNumber : 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            return new(projectFile);
        }
    }

    // 2 for an element with the path, 1 for an element whose wildcard finds the path. The default wildcard of the SDK does not count,
    // because the author of a project did not write the element.
    private static int Rank(XElement? element, string include)
    {
        if (element is null || !IsGuest(element) || element.Attribute("IsImplicitlyDefined") is not null)
        {
            return 0;
        }

        string[] paths = PathsOf(element.Attribute("Include") ?? element.Attribute("Update"));
        string path = FilePath.Portable(include);
        return paths.Contains(path, FilePath.Comparer) ? 2
            : paths.Any(pattern => Matches(pattern, path)) && !PathsOf(element.Attribute("Exclude")).Any(p => Matches(p, path)) ? 1
            : 0;
    }

    private static string[] PathsOf(XAttribute? attribute) =>
        [.. (attribute?.Value ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(FilePath.Portable)];

    // Gets whether a path is or matches a pattern, as MSBuild reads patterns: ** is any folders, * any characters of a name.
    private static bool Matches(string pattern, string path) => Regex.IsMatch(
        path,
        $"^{Regex.Escape(pattern).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)
            .Replace(@"\?", "[^/]", StringComparison.Ordinal)}$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking);
}
