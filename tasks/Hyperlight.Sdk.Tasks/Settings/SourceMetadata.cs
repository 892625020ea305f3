using Hyperlight.Compiling;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// Describes a metadata of <c>HyperlightGuestSource</c>, the item of a source. The item also has the metadata of <c>HyperlightGuest</c>.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="SchemaType">The kind of the values, as the schema calls it.</param>
/// <param name="Default">The text of the default as the schema has it, empty for none.</param>
/// <param name="Text">The meaning, as one sentence.</param>
internal sealed record SourceMetadata(string Name, string SchemaType, string Default, string Text)
{
    public const string Guest = "Guest";
    public const string Architecture = "Architecture";
    public const string IncludeFolders = "IncludeFolders";
    public const string Defines = "Defines";
    public const string Options = "Options";
    public const string Float = "Float";
    public const string Libc = "Libc";
    public const string LinkerScript = "LinkerScript";
    public const string Prebuilt = "Prebuilt";

    /// <summary>The name of the C library musl.</summary>
    public const string Musl = "musl";

    /// <summary>The metadata, in the order of the schema.</summary>
    public static readonly IReadOnlyList<SourceMetadata> All =
    [
        new(Guest, "string", "$(MSBuildProjectName)", "The name of the guest that the source belongs to."),
        new(Architecture, "enum", "$(HyperlightArchitecture), otherwise amd64", "The architecture of the guest, with its layout.")
        {
            IsOfGuest = true,
            Values = [.. GuestTarget.All.Select(target => target.Name)],
        },
        new(IncludeFolders, "string", "", "Folders in which the compiler looks for headers, separated by semicolons."),
        new(Defines, "string", "", "Macros that the compiler defines, NAME or NAME=VALUE, separated by semicolons."),
        new(Options, "string", "", "Options of the compiler, separated by spaces."),
        new(Float, "bool", "false", "Whether the sources use float and double in registers of the processor.") { IsOfGuest = true },
        new(Libc, "enum", "", "The C library of a program with main.") { IsOfGuest = true, Values = [Musl] },
        new(LinkerScript, "path", "", "The linker script of a guest that starts itself, without the start of the guest kit.")
        {
            IsOfGuest = true,
        },
        new(Prebuilt, "path", "", "The guest's ELF file for computers without a C compiler.") { IsOfGuest = true },
    ];

    /// <summary>Gets all values; empty if there are too many to list.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>Gets whether all sources of a guest have one value.</summary>
    public bool IsOfGuest { get; private init; }

    /// <summary>Gets the page of the documents that explains the metadata.</summary>
    public const string HelpPage = "docs/guests-in-c.md";
}
