namespace Hyperlight.Sdk.Tasks;

/// <summary>The names that a project says something to Hyperlight.Sdk with. A test compares them with the schema, as it does the tables of docs/project-settings.md, and with the targets.</summary>
internal static class KnownNames
{
    /// <summary>The word that all names of properties and items of Hyperlight.Sdk contain.</summary>
    public const string Mark = "Hyperlight";

    /// <summary>The item of a guest.</summary>
    public const string Guest = "HyperlightGuest";

    /// <summary>The properties of projects.</summary>
    public static readonly IReadOnlyList<string> Properties =
    [
        "HyperlightHeapSize", "HyperlightScratchSize", "HyperlightInputBufferSize", "HyperlightOutputBufferSize", "HyperlightInitDataPermissions",
        "HyperlightExecutableHeap", "HyperlightHardwareInterrupts", "HyperlightLayout", "HyperlightPermissions", "HyperlightSnapshot",
        "HyperlightSnapshotTimeout", "HyperlightNamespace", "HyperlightGenerateGuests", "HyperlightGenerateProgram", "EnableDefaultHyperlightGuestItems",
        "DisableHyperlightRuntimeReference", "HyperlightSnapshotter", "HyperlightTasksAssembly", "HyperlightTasksFactory", "HyperlightRuntimeDirectory",
    ];

    /// <summary>Properties that the SDK sets, or that extend it.</summary>
    public static readonly IReadOnlyList<string> OtherProperties =
    [
        "UsingHyperlightSdk", "HyperlightSdkVersion", "HyperlightSdkRoot", "HyperlightHelpRoot", "HyperlightValidateDependsOn",
        "HyperlightBakeDependsOn", "HyperlightSnapshotDependsOn", "CustomAfterHyperlightSdkProps", "CustomBeforeHyperlightSdkTargets",
        "CustomAfterHyperlightSdkTargets",
    ];

    /// <summary>The items of projects.</summary>
    public static readonly IReadOnlyList<string> Items = [Guest, "HyperlightImage"];

    /// <summary>The metadata of a guest.</summary>
    public static readonly IReadOnlyList<string> Metadata =
    [
        "Name", "HeapSize", "ScratchSize", "InputBufferSize", "OutputBufferSize", "InitData", "FileMappings", "InitDataPermissions", "ExecutableHeap",
        "HardwareInterrupts", "Layout", "Permissions", "Snapshot", "SnapshotTimeout", "HostFunctions", "HostFunctionsAssembly",
    ];

    /// <summary>Metadata that items of every kind have: MSBuild's, and what editors and packages write.</summary>
    public static readonly IReadOnlySet<string> CommonMetadata = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "FullPath", "RootDir", "Filename", "Extension", "RelativeDir", "Directory", "RecursiveDir", "Identity", "ModifiedTime", "CreatedTime", "AccessedTime",
        "DefiningProjectFullPath", "DefiningProjectDirectory", "DefiningProjectName", "DefiningProjectExtension", "OriginalItemSpec",
        "MSBuildSourceProjectFile", "MSBuildSourceTargetName", "IsImplicitlyDefined", "Link", "LinkBase", "Visible", "InProject", "SubType", "Generator",
        "LastGenOutput", "CustomToolNamespace", "DependentUpon", "AutoGen", "DesignTime", "Pack", "PackagePath", "PackageCopyToOutput", "BuildAction",
        "CopyToOutputDirectory", "CopyToPublishDirectory", "ExcludeFromSingleFile", "TargetPath", "Watch", "Label",
    };
}
