namespace Hyperlight.Compiling;

/// <summary>
/// A kind of guests in C: the files of the guest kit that it consists of, and the options of compiler and linker. <c>build-guest.sh</c> has
/// the same values.
/// </summary>
internal sealed record GuestTarget
{
    private static readonly string[] Static = ["-static", "-no-pie"];

    /// <summary>The targets, in the order of the documents.</summary>
    public static readonly IReadOnlyList<GuestTarget> All =
    [
        new()
        {
            Name = "amd64",
            Cpu = "amd64",
            MachineFolder = "amd64",
            ClangTriple = "x86_64-linux-gnu",
            ZigTriple = "x86_64-freestanding",
            ZigCpu = "x86_64",
            ZigNoFloat = "-x87-mmx-sse-sse2",
            ZigLinkOptions = ["-m", "elf_x86_64", "-pie", "--no-dynamic-linker"],
            LinkOptions = ["-static-pie"],
        },
        OfI686("i686", "i686"),
        OfI686("i686-identity", "i686", "-DHL_IDENTITY_LAYOUT"),
        OfI686("i686-paged", "i686-paged", "-DHL_PAGED_LAYOUT"),
    ];

    /// <summary>Gets the name, as projects write it. The kit's linker script has the name as well.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the name of the processor, which the kit's file with compiler options has.</summary>
    public required string Cpu { get; init; }

    /// <summary>Gets the folder of the kit's sources that has the start and the exceptions of the target.</summary>
    public required string MachineFolder { get; init; }

    /// <summary>Gets the options of the compiler that choose the layout.</summary>
    public IReadOnlyList<string> CompileOptions { get; private init; } = [];

    /// <summary>Gets the options of the linker that say whether the guest can lie at any address.</summary>
    public required IReadOnlyList<string> LinkOptions { get; init; }

    /// <summary>Gets the name of the target for clang.</summary>
    public required string ClangTriple { get; init; }

    /// <summary>Gets the name of the target for zig. For Linux zig would compile 32-bit code that is position independent.</summary>
    public required string ZigTriple { get; init; }

    /// <summary>Gets the name of the processor for zig.</summary>
    public required string ZigCpu { get; init; }

    /// <summary>Gets what zig takes from the processor, so that code uses no registers for floating point.</summary>
    public required string ZigNoFloat { get; init; }

    /// <summary>Gets the options of the linker of zig that choose the kind of file.</summary>
    public required IReadOnlyList<string> ZigLinkOptions { get; init; }

    /// <summary>Gets whether a program for Linux can be a guest of the target.</summary>
    public bool HasLibc => Name == "amd64";

    /// <summary>Finds a target by its name; <c>null</c> if there is none.</summary>
    public static GuestTarget? Find(string name) =>
        All.FirstOrDefault(target => target.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Gets the name.</summary>
    public override string ToString() => Name;

    private static GuestTarget OfI686(string name, string folder, params string[] layout) => new()
    {
        Name = name,
        Cpu = "i686",
        MachineFolder = folder,
        ClangTriple = "i386-linux-gnu",
        ZigTriple = "x86-freestanding",
        ZigCpu = "i686",
        ZigNoFloat = "-x87-mmx",
        ZigLinkOptions = ["-m", "elf_i386"],
        CompileOptions = layout,
        LinkOptions = Static,
    };
}
