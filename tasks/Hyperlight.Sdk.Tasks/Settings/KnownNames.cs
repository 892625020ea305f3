namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// The names of the properties, items and metadata that Hyperlight.Sdk reads or sets. Most of the names come from the descriptions of
/// settings and properties.
/// </summary>
internal static class KnownNames
{
    /// <summary>The word that all names of properties and items of Hyperlight.Sdk contain.</summary>
    public const string Mark = "Hyperlight";

    /// <summary>The item of a guest.</summary>
    public const string Guest = "HyperlightGuest";

    /// <summary>The item of the project of a guest in C#.</summary>
    public const string GuestProject = "HyperlightGuestProject";

    /// <summary>The item of a source of a guest in C.</summary>
    public const string GuestSource = "HyperlightGuestSource";

    /// <summary>The item of a crate, which is a guest in Rust.</summary>
    public const string GuestCrate = "HyperlightGuestCrate";

    /// <summary>The item of an image.</summary>
    public const string Image = "HyperlightImage";

    /// <summary>Properties that the SDK sets, and properties with which a project adds targets and imports to the SDK.</summary>
    public static readonly IReadOnlyList<string> OtherProperties =
    [
        "UsingHyperlightSdk", "HyperlightSdkVersion", "HyperlightSdkRoot", "HyperlightHelpRoot", "HyperlightValidateDependsOn",
        "HyperlightBakeDependsOn", "HyperlightSnapshotDependsOn", "CustomAfterHyperlightSdkProps", "CustomBeforeHyperlightSdkTargets",
        "CustomAfterHyperlightSdkTargets",
    ];

    /// <summary>The properties of projects.</summary>
    public static readonly IReadOnlyList<string> Properties =
    [
        .. GuestSetting.All.Select(setting => setting.Property?.Name).OfType<string>(),
        .. ProjectProperty.All.Select(property => property.Name),
        .. OtherProperties,
    ];

    /// <summary>Properties that have another name now, and are still read.</summary>
    public static readonly IReadOnlyList<string> FormerProperties =
        [.. GuestSetting.All.Select(setting => setting.Property?.Former).OfType<string>()];

    /// <summary>The items from which guests are made.</summary>
    public static readonly IReadOnlyList<string> GuestItems = [Guest, GuestProject, GuestSource, GuestCrate];

    /// <summary>The items of projects.</summary>
    public static readonly IReadOnlyList<string> Items = [.. GuestItems, Image];

    /// <summary>The metadata of a guest.</summary>
    public static readonly IReadOnlyList<string> Metadata = [.. GuestSetting.All.Select(setting => setting.Name)];

    /// <summary>The metadata of a guest that the build makes from items of a kind.</summary>
    public static IReadOnlyList<string> MetadataOf(string kind) =>
        [.. Metadata, .. SourceMetadata.Of(kind).Select(metadata => metadata.Name)];

    /// <summary>Metadata of a guest that have another name now, and are still read.</summary>
    public static readonly IReadOnlyList<string> FormerMetadata =
        [.. GuestSetting.All.Select(setting => setting.FormerName).OfType<string>()];

    /// <summary>Metadata that items of every kind have: MSBuild's, and what editors and packages write.</summary>
    public static readonly IReadOnlySet<string> CommonMetadata = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "FullPath", "RootDir", "Filename", "Extension", "RelativeDir", "Directory", "RecursiveDir", "Identity", "ModifiedTime",
        "CreatedTime",
        "AccessedTime", "DefiningProjectFullPath", "DefiningProjectDirectory", "DefiningProjectName", "DefiningProjectExtension",
        "OriginalItemSpec", "MSBuildSourceProjectFile", "MSBuildSourceTargetName", "IsImplicitlyDefined", "Link", "LinkBase", "Visible",
        "InProject", "SubType", "Generator", "LastGenOutput", "CustomToolNamespace", "DependentUpon", "AutoGen", "DesignTime", "Pack",
        "PackagePath", "PackageCopyToOutput", "BuildAction", "CopyToOutputDirectory", "CopyToPublishDirectory", "ExcludeFromSingleFile",
        "TargetPath", "Watch", "Label",
    };
}
