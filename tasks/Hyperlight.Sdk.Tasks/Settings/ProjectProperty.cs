namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Describes a property of projects that is not the default of a guest's setting.</summary>
/// <param name="Name">The name.</param>
/// <param name="SchemaType">The kind of the values, as the schema calls it.</param>
/// <param name="Default">The text of the default as the schema has it, empty for none.</param>
/// <param name="Text">The meaning of the property, as one sentence.</param>
/// <param name="HelpPage">The page of the documents that explains the property or its errors, as a path; <c>null</c> for a property that is
/// only for work on the SDK itself.</param>
internal sealed record ProjectProperty(string Name, string SchemaType, string Default, string Text, string? HelpPage)
{
    /// <summary>The properties, in the order of the schema.</summary>
    public static readonly IReadOnlyList<ProjectProperty> All =
    [
        new(
            "HyperlightNamespace",
            "string",
            "$(RootNamespace)",
            "The namespace of the generated class Guests.",
            Rules.BadGuestName.HelpPage),
        new(
            "HyperlightGenerateGuests",
            "bool",
            "true",
            "Whether the class Guests is generated, in C# projects only. "
            + "If unset, the class is generated unless DisableHyperlightRuntimeReference is true.",
            Rules.ProjectUnsuitable.HelpPage),
        new(
            "HyperlightGenerateProgram",
            "bool",
            "",
            "Whether a program is generated that calls a guest's function from the command line. "
            + "When unset: in executables without a source file of their own.",
            Rules.ProjectUnsuitable.HelpPage),
        new(
            "EnableDefaultHyperlightGuestItems",
            "bool",
            "true",
            "Whether the files guests/*.elf are guests without being listed.",
            Rules.GuestFileMissing.HelpPage),
        new(
            "DisableHyperlightRuntimeReference",
            "bool",
            "false",
            "Whether the project wants images only. "
            + "Then the project uses the build targets of the package Hyperlight.Runtime and no assembly.",
            Rules.ProjectUnsuitable.HelpPage),
        new(
            "HyperlightCC",
            "string",
            "$(HYPERLIGHT_CC)",
            "The C compiler for guests, as a path or a name. If unset: the first of clang with lld, gcc and zig that is installed.",
            Rules.GuestToolMissing.HelpPage),
        new(
            "HyperlightMusl",
            "path",
            "$(HYPERLIGHT_MUSL)",
            "A folder with include/ and lib/libc.a of the C library musl. If unset: the package musl-dev of Debian.",
            Rules.GuestToolMissing.HelpPage),
        new(
            "HyperlightCompileCommands",
            "bool",
            "false",
            "Whether the build writes compile_commands.json, from which editors learn the options of the sources of guests.",
            "docs/guests-in-c.md"),
        new(
            "HyperlightPublishSourceMaps",
            "bool",
            "",
            "Whether publish copies the source maps of guests, which have names of functions and of source files. "
            + "When unset: in every configuration but Release.",
            Rules.SourceMapUnusable.HelpPage),
        new(
            "HyperlightSnapshotter",
            "path",
            "the SDK's own",
            "The assembly of the program that takes snapshots, for work on the SDK itself.",
            null),
        new("HyperlightTasksAssembly", "path", "the SDK's own", "The assembly of the build tasks, for work on the SDK itself.", null),
        new(
            "HyperlightTasksFactory",
            "string",
            "AssemblyTaskFactory",
            "The task factory that loads the build tasks; TaskHostFactory keeps the assembly from being locked.",
            null),
        new(
            "HyperlightRuntimeDirectory",
            "path",
            "",
            "A folder with the assemblies of the runtime instead of the package Hyperlight.Runtime, for work on the SDK itself.",
            null),
    ];

    /// <summary>Gets whether the property is true or false.</summary>
    public bool IsSwitch => SchemaType == SettingKinds.Switch.SchemaType;
}
