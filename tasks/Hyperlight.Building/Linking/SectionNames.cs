namespace Hyperlight.Linking;

/// <summary>The names of sections that mean something to the linker.</summary>
internal static class SectionNames
{
    /// <summary>The version of Hyperlight that a guest was built for.</summary>
    public const string VersionNote = ".note.hyperlight-version";

    /// <summary>The relative relocations.</summary>
    public const string Relocations = ".rela.dyn";

    /// <summary>The unwinding entries.</summary>
    public const string Unwind = ".eh_frame";

    /// <summary>The table that finds the unwinding entry of an address.</summary>
    public const string UnwindIndex = ".eh_frame_hdr";

    /// <summary>Thread-local variables with a value.</summary>
    public const string ThreadData = ".tdata";

    /// <summary>Thread-local variables that are 0.</summary>
    public const string ThreadZeros = ".tbss";

    /// <summary>The dynamic table.</summary>
    public const string Dynamic = ".dynamic";

    /// <summary>The global offset table.</summary>
    public const string Got = ".got";

    /// <summary>Functions that run before the guest's main function.</summary>
    public const string Constructors = ".init_array";

    /// <summary>Variables that are 0.</summary>
    public const string Zeros = ".bss";

    /// <summary>Gets whether a name can be a part of the symbols <c>__start_NAME</c> and <c>__stop_NAME</c>.</summary>
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    /// <summary>Gets the section whose start or end a symbol names; <c>null</c> if the symbol is of another kind.</summary>
    public static string? Bounded(string symbol) =>
        symbol.StartsWith("__start_", StringComparison.Ordinal) ? symbol["__start_".Length..]
        : symbol.StartsWith("__stop_", StringComparison.Ordinal) ? symbol["__stop_".Length..] : null;
}
