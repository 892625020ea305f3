using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Finds the ELF files that the projects of guests in C# have built. A project that does not exist, or that builds no guest, is reported at
/// its item (HL4029).
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class ResolveGuestProjects : GuestTask
{
    // The metadata with which a project of Hyperlight.Guest.Sdk tells where its ELF file is.
    private const string ElfKey = "HyperlightGuestElf";

    // The metadata with which the project tells where the file with the symbols of its ELF file is.
    private const string SymbolsKey = "HyperlightGuestSymbols";

    // The metadata in which MSBuild writes the project that an item comes from.
    private const string SourceKey = "MSBuildSourceProjectFile";

    /// <summary>Gets or sets the <c>HyperlightGuestProject</c> items.</summary>
    [Required]
    public ITaskItem[] GuestProjects { get; set; } = [];

    /// <summary>Gets or sets what the builds of the projects returned.</summary>
    public ITaskItem[] BuiltProjects { get; set; } = [];

    /// <summary>Gets the ELF files, with the metadata of the <c>HyperlightGuestProject</c> items.</summary>
    [Output]
    public ITaskItem[] ElfFiles { get; private set; } = [];

    /// <summary>
    /// Gets the files with the symbols of the guests, with the metadata of the <c>HyperlightGuestProject</c> items. A project that was
    /// built with an earlier SDK tells of none.
    /// </summary>
    [Output]
    public ITaskItem[] SymbolFiles { get; private set; } = [];

    private protected override void Run()
    {
        ElfFiles = [.. GuestProjects.Select(Find).OfType<ITaskItem>()];
        SymbolFiles = [.. GuestProjects.Select(FindSymbols).OfType<ITaskItem>()];
    }

    private ITaskItem2? FindSymbols(ITaskItem item) =>
        Built(item, SymbolsKey) is { } file && File.Exists(file) ? Describe(file, item) : null;

    private string? Built(ITaskItem item, string key)
    {
        string path = FilePath.Absolute(item.ItemSpec, Path.GetDirectoryName(ProjectFile)!);
        return BuiltProjects
            .Where(built => FilePath.Comparer.Equals(built.GetMetadata(SourceKey), path))
            .Select(built => built.GetMetadata(key))
            .FirstOrDefault(file => file.Length > 0);
    }

    private static ITaskItem2 Describe(string file, ITaskItem item)
    {
        ITaskItem2 result = TaskItems.Create(file);
        item.CopyMetadataTo(result);
        return result;
    }

    private ITaskItem2? Find(ITaskItem item)
    {
        string path = FilePath.Absolute(item.ItemSpec, Path.GetDirectoryName(ProjectFile)!);
        string? elf = Built(item, ElfKey);
        if (elf is null)
        {
            string text = Directory.Exists(path) ? "is a folder: name the project file in the folder."
                : !File.Exists(path) ? "does not exist: correct the path."
                : "is no project of Hyperlight.Guest.Sdk: use that SDK, or make it a ProjectReference.";
            Findings.Report(
                Rules.NoGuestProject.Found($"{KnownNames.GuestProject} '{item.ItemSpec}' {text}"), WrittenItem.Of(item).Find(ProjectFile));
            return null;
        }

        return Describe(elf, item);
    }
}
