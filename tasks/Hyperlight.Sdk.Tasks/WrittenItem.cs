using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// The item of a guest that the author of a project wrote: a <c>HyperlightGuest</c>, or for a guest in C# a <c>HyperlightGuestProject</c>,
/// from which targets make a <c>HyperlightGuest</c>.
/// </summary>
/// <param name="IsProject">Whether the item is a <c>HyperlightGuestProject</c>.</param>
/// <param name="Include">The path in the item.</param>
/// <param name="File">The file that has the item; empty if the file is not known.</param>
internal sealed record WrittenItem(bool IsProject, string Include, string File)
{
    // The metadata that Hyperlight.Sdk.GuestProjects.targets sets.
    private const string ProjectKey = "_HyperlightProject";
    private const string FileKey = "_HyperlightDefinedIn";

    /// <summary>Gets the kind of the item.</summary>
    public string Kind => IsProject ? KnownNames.GuestProject : KnownNames.Guest;

    /// <summary>Finds what the author wrote for an item of a guest.</summary>
    public static WrittenItem Of(ITaskItem item) => item.GetMetadata(ProjectKey) is { Length: > 0 } project
        ? new(true, project, item.GetMetadata(FileKey))
        : new(false, item.ItemSpec, item.GetMetadata("DefiningProjectFullPath"));

    /// <summary>Finds the place of the item. The place is the project file if the item is not found.</summary>
    public FindingOrigin Find(string projectFile)
    {
        // The default wildcard of the SDK defines items as well. Then the place is the project file.
        FindingOrigin place = ProjectLines.FindItem(File.Length > 0 ? File : projectFile, Include);
        return place.Line > 0 ? place : new(projectFile);
    }

    /// <summary>Finds the place of a metadata of the item.</summary>
    public FindingOrigin Find(string projectFile, string metadata) => ProjectLines.FindMetadata([File, projectFile], Include, metadata);

    /// <summary>Gets the item as messages name it.</summary>
    public override string ToString() => $"{Kind} '{Include}'";
}
