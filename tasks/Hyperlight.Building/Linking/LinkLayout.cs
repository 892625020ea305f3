namespace Hyperlight.Linking;

/// <summary>
/// The layout of a linked guest: its sections in the order of their addresses, and the symbols that the linker defines. A linker script of
/// the guest kit says the same for other linkers, and a test compares the two.
/// </summary>
/// <param name="Rules">The sections, in the order of the addresses. The first rule with a pattern for a section takes the section.</param>
internal sealed record LinkLayout(params SectionRule[] Rules)
{
    /// <summary>The symbol of the first instruction.</summary>
    public const string Entry = "entrypoint";

    /// <summary>The greatest alignment of thread-local variables. A larger one would need another thread pointer.</summary>
    public const ulong ThreadAlignment = 64;

    /// <summary>Gets the sections that no guest needs.</summary>
    public InputPattern Discarded { get; init; } = new(".comment", ".note.GNU-stack", ".note.gnu.property", ".interp");

    /// <summary>Gets the symbol at the start of the guest; <c>null</c> for none.</summary>
    public string? StartSymbol { get; init; }

    /// <summary>Gets the symbol at the end of the guest; <c>null</c> for none.</summary>
    public string? EndSymbol { get; init; }

    /// <summary>
    /// Gets the layout of <c>amd64-linux.ld</c>, for guests with a C library: programs in C with a main function, and guests in C#.
    /// A program header for thread-local variables is left out, because the C library gets one when it starts.
    /// </summary>
    public static LinkLayout Linux { get; } = new(
        new(SectionNames.VersionNote, LoadSegment.ReadOnly, new InputPattern(SectionNames.VersionNote) { Keeps = true }),
        new(SectionNames.Relocations, LoadSegment.ReadOnly),
        new(".rodata", LoadSegment.ReadOnly, new(".rodata", ".rodata.*"), new(".dotnet_eh_table")),
        new(".gcc_except_table", LoadSegment.ReadOnly, new InputPattern(".gcc_except_table", ".gcc_except_table.*")),
        new(SectionNames.UnwindIndex, LoadSegment.ReadOnly) { StartSymbol = "__eh_hdr_start", EndSymbol = "__eh_hdr_end" },
        new(SectionNames.Unwind, LoadSegment.ReadOnly, new InputPattern(SectionNames.Unwind) { Keeps = true }),
        new(".text", LoadSegment.Code, new(".text.entry"), new(".text", ".text.*")),
        new(".init", LoadSegment.Code, new InputPattern(".init"), new(".fini")),
        new("__managedcode", LoadSegment.Code, new InputPattern("__managedcode")),
        new("__unbox", LoadSegment.Code, new InputPattern("__unbox")),
        new(SectionNames.ThreadData, LoadSegment.Data, new InputPattern(".tdata", ".tdata.*"))
        {
            Alignment = ThreadAlignment,
            StartSymbol = "__tdata_start",
            EndSymbol = "__tdata_end",
        },
        new(SectionNames.ThreadZeros, LoadSegment.Data, new InputPattern(".tbss", ".tbss.*")) { EndSymbol = "__tls_end" },
        new(
            SectionNames.Constructors,
            LoadSegment.Data,
            new(".preinit_array") { Keeps = true },
            new(".init_array.*") { Keeps = true, IsByPriority = true },
            new(".init_array", ".ctors") { Keeps = true })
        {
            StartSymbol = "__init_array_start",
            EndSymbol = "__init_array_end",
        },
        new(".fini_array", LoadSegment.Data, new InputPattern(".fini_array", ".fini_array.*", ".dtors") { Keeps = true })
        {
            StartSymbol = "__fini_array_start",
            EndSymbol = "__fini_array_end",
        },
        new(".data.rel.ro", LoadSegment.Data, new InputPattern(".data.rel.ro", ".data.rel.ro.*")),
        new(SectionNames.Dynamic, LoadSegment.Data),
        new(SectionNames.Got, LoadSegment.Data),
        new("__modules", LoadSegment.Data, new InputPattern("__modules") { Keeps = true }),
        new(".data", LoadSegment.Data, new InputPattern(".data", ".data.*")),
        new(SectionNames.Zeros, LoadSegment.Data, new InputPattern(".bss", ".bss.*", "COMMON")),
        new(".hydrated", LoadSegment.Data, new InputPattern(".hydrated")))
    {
        StartSymbol = "__image_start",
        EndSymbol = "__image_end",
    };
}
