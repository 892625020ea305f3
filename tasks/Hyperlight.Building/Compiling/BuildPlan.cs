namespace Hyperlight.Compiling;

/// <summary>The files of a guest that a build makes. All paths are absolute.</summary>
internal abstract record BuildPlan
{
    /// <summary>Gets the path of the guest's ELF file, which has no debug information.</summary>
    public required string Output { get; init; }

    /// <summary>Gets the path of a second ELF file, which has debug information.</summary>
    public string SymbolFile => Path.ChangeExtension(Output, ".debug");

    /// <summary>Gets the folder of the objects.</summary>
    public string ObjectFolder => Path.ChangeExtension(Output, null);
}
