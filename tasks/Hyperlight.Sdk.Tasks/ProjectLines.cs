using System.Xml;
using System.Xml.Linq;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Finds the line on which a project file says something. MSBuild knows it but does not hand it to tasks; reading the file again
/// costs a few milliseconds and is done only when there is an error to report.
/// </summary>
internal static class ProjectLines
{
    private const string ItemType = "HyperlightGuest";

    /// <summary>Where the guest <paramref name="include"/> is included or updated; line 0 when it is not found as written, for example behind a wildcard.</summary>
    public static FindingOrigin FindItem(string projectFile, string include) =>
        Find(projectFile, element => element.Name.LocalName == ItemType && Includes(element, include));

    /// <summary>Where the property <paramref name="name"/> is set; line 0 when it is set elsewhere.</summary>
    public static FindingOrigin FindProperty(string projectFile, string name) =>
        Find(projectFile, element => element.Name.LocalName == name && element.Parent?.Name.LocalName == "PropertyGroup");

    /// <summary>
    /// Where metadata of the guest <paramref name="include"/> is written: on its item, else on any guest, for example on a wildcard or in an item definition.
    /// </summary>
    /// <param name="files">The files to search, in order; empty for none.</param>
    /// <param name="include">The guest as the project writes it.</param>
    /// <param name="metadata">The name of the metadata.</param>
    public static FindingOrigin FindMetadata(IReadOnlyList<string> files, string include, string metadata)
    {
        IEnumerable<FindingOrigin> places =
            from file in files.Where(file => file.Length > 0).Distinct()
            from ofItem in (bool[])[true, false]
            select Find(file, element => IsMetadata(element, metadata) && (!ofItem || Includes(element, include) || (element.Parent is { } parent && Includes(parent, include))));
        return places.FirstOrDefault(place => place.Line > 0) ?? new(files[^1]);
    }

    // An attribute of the item, or an element in it.
    private static bool IsMetadata(XElement element, string metadata) =>
        element.Name.LocalName == ItemType
            ? element.Attributes().Any(attribute => attribute.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase))
            : element.Parent?.Name.LocalName == ItemType && element.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase);

    private static FindingOrigin Find(string projectFile, Func<XElement, bool> isIt)
    {
        try
        {
            XElement? found = XDocument.Load(projectFile, LoadOptions.SetLineInfo).Descendants().FirstOrDefault(isIt);
            return new(projectFile, found is IXmlLineInfo line && line.HasLineInfo() ? line.LineNumber : 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            return new(projectFile);
        }
    }

    private static bool Includes(XElement element, string include) =>
        (element.Attribute("Include") ?? element.Attribute("Update"))?.Value.Split(';', StringSplitOptions.TrimEntries)
            .Any(part => Normalize(part) == Normalize(include)) == true;

    private static string Normalize(string path) => path.Replace('\\', '/');
}
