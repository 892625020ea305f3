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
