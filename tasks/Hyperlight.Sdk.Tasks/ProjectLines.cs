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
    /// Finds the element that includes or updates a guest. The line is 0 if the file does not have the path as it is, for example because
    /// of a wildcard.
    /// </summary>
    public static FindingOrigin FindItem(string projectFile, string include) =>
        Find(projectFile, element => IsGuest(element) && Includes(element, include));

    /// <summary>Finds the element that sets a property. The line is 0 if another file sets the property.</summary>
    public static FindingOrigin FindProperty(string projectFile, string name) =>
        Find(projectFile, element => element.Name.LocalName == name && element.Parent?.Name.LocalName == "PropertyGroup");

    /// <summary>
    /// Finds the attribute or element that gives a metadata of a guest: on the item of the guest, otherwise on any guest, for example on a
    /// wildcard or in an item definition.
    /// </summary>
    /// <param name="files">The paths of the files to search, in order. An empty path is left out.</param>
    /// <param name="include">The path of the guest as the project gives it.</param>
    /// <param name="metadata">The name of the metadata.</param>
    public static FindingOrigin FindMetadata(IReadOnlyList<string> files, string include, string metadata)
    {
        IEnumerable<FindingOrigin> places =
            from file in files.Where(file => file.Length > 0).Distinct(FilePath.Comparer)
            from ofItem in (bool[])[true, false]
            select Find(
                file,
                element => IsMetadata(element, metadata)
                    && (!ofItem || Includes(element, include) || (element.Parent is { } parent && Includes(parent, include))));
        return places.FirstOrDefault(place => place.Line > 0) ?? new(files[^1]);
    }

    private static bool IsGuest(XElement element) =>
        element.Name.LocalName is KnownNames.Guest or KnownNames.GuestProject or KnownNames.GuestSource;

    // An attribute of the item, or an element in it.
    private static bool IsMetadata(XElement element, string metadata) =>
        IsGuest(element)
            ? element.Attributes().Any(attribute => attribute.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase))
            : element.Parent is { } item && IsGuest(item) && element.Name.LocalName.Equals(metadata, StringComparison.OrdinalIgnoreCase);

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
            .Any(part => FilePath.Comparer.Equals(FilePath.Portable(part), FilePath.Portable(include))) == true;
}
