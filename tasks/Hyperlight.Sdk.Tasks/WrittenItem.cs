using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// The item of a guest that the author of a project wrote: a <c>HyperlightGuest</c>, or an item from which targets make a
/// <c>HyperlightGuest</c>: a <c>HyperlightGuestProject</c> for a guest in C#, a <c>HyperlightGuestSource</c> for a guest in C, a
/// <c>HyperlightGuestCrate</c> for a guest in Rust.
/// </summary>
/// <param name="Kind">The kind of the item.</param>
/// <param name="Include">The path in the item.</param>
/// <param name="File">The file that has the item; empty if the file is not known.</param>
internal sealed record WrittenItem(string Kind, string Include, string File)
{
    // The metadata that Hyperlight.Sdk.GuestProjects.targets and Hyperlight.Sdk.GuestSources.targets set.
    private const string ProjectKey = "_HyperlightProject";
    private const string SourceKey = "_HyperlightSource";
    private const string CrateKey = "_HyperlightCrate";
    private const string FileKey = "_HyperlightDefinedIn";

    /// <summary>Gets whether the build makes the guest's file, so that nobody wrote it.</summary>
    public bool IsBuilt => Kind != KnownNames.Guest;

    /// <summary>Finds what the author wrote for an item of a guest.</summary>
    public static WrittenItem Of(ITaskItem item)
    {
        foreach ((string kind, string key) in (ReadOnlySpan<(string, string)>)[
            (KnownNames.GuestProject, ProjectKey), (KnownNames.GuestSource, SourceKey), (KnownNames.GuestCrate, CrateKey)])
        {
            if (item.GetMetadata(key) is { Length: > 0 } include)
            {
                return new(kind, include, item.GetMetadata(FileKey));
            }
        }

        return new(KnownNames.Guest, item.ItemSpec, item.GetMetadata("DefiningProjectFullPath"));
    }

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
