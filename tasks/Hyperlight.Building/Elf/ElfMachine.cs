namespace Hyperlight.Elf;

/// <summary>The processor of an ELF file (gABI, e_machine). A file may have other values.</summary>
internal enum ElfMachine : ushort
{
    /// <summary>Intel 80386 and its 32-bit successors.</summary>
    I386 = 3,

#pragma warning disable CA1707 // The underscore is part of the processor's name.
    /// <summary>AMD x86-64.</summary>
    X86_64 = 62,
#pragma warning restore CA1707
}
