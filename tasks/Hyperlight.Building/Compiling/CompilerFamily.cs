namespace Hyperlight.Compiling;

/// <summary>The families of C compilers, which differ in a few options.</summary>
internal enum CompilerFamily
{
    /// <summary>GCC, or a compiler that takes its options.</summary>
    Gcc,

    /// <summary>Clang, with the linker LLD.</summary>
    Clang,

    /// <summary>The C compiler of Zig.</summary>
    Zig,
}
