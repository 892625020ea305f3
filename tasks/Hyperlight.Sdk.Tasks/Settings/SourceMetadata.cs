using Hyperlight.Compiling;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// Describes a metadata of <c>HyperlightGuestSource</c>, the item of a source, or of <c>HyperlightGuestCrate</c>, the item of a crate. Both
/// items also have the metadata of <c>HyperlightGuest</c>.
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
    public const string Features = "Features";
    public const string Profile = "Profile";

    /// <summary>The name of the C library musl.</summary>
    public const string Musl = "musl";

    /// <summary>The name of the only architecture of guests in Rust.</summary>
    public const string Amd64 = "amd64";

    /// <summary>The metadata of a source, in the order of the schema.</summary>
    public static readonly IReadOnlyList<SourceMetadata> OfSource =
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

    /// <summary>The metadata of a crate, in the order of the schema.</summary>
    public static readonly IReadOnlyList<SourceMetadata> OfCrate =
    [
        new(Guest, "string", "$(MSBuildProjectName)", "The name of the guest."),
        new(Architecture, "enum", Amd64, "The architecture of the guest.") { Values = [Amd64] },
        new(Features, "string", "", "Features of the crate, separated by semicolons."),
        new(Profile, "string", "release if Optimize is true, otherwise dev", "The profile of cargo."),
        new(Options, "string", "", "Other options of cargo build, separated by spaces."),
        new(Prebuilt, "path", "", "The guest's ELF file for computers without cargo hyperlight."),
    ];

    /// <summary>Gets the metadata that items of a kind have besides those of <c>HyperlightGuest</c>.</summary>
    public static IReadOnlyList<SourceMetadata> Of(string kind) => kind switch
    {
        KnownNames.GuestSource => OfSource,
        KnownNames.GuestCrate => OfCrate,
        _ => [],
    };

    /// <summary>Gets all values; empty if there are too many to list.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>Gets whether all sources of a guest have one value.</summary>
    public bool IsOfGuest { get; private init; }

    /// <summary>The page of the documents that explains the metadata of a source.</summary>
    public const string SourcePage = "docs/guests-in-c.md";

    /// <summary>The page of the documents that explains the metadata of a crate.</summary>
    public const string CratePage = "docs/rust-guests.md";
}
