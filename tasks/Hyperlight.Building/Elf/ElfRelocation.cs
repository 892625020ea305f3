namespace Hyperlight.Elf;

/// <summary>A relocation of the dynamic table: from REL, RELA or JMPREL, or expanded from RELR.</summary>
/// <param name="Offset">The linked address of the word to change.</param>
/// <param name="Type">The machine's relocation number.</param>
/// <param name="Symbol">The index of the symbol; 0 for no symbol.</param>
/// <param name="Addend">The number to add; <c>null</c> if the word to change contains the number (REL and RELR).</param>
internal readonly record struct ElfRelocation(ulong Offset, uint Type, uint Symbol, long? Addend)
{
    /// <summary>R_386_NONE and R_X86_64_NONE: the relocation has no effect.</summary>
    public const uint None = 0;

    /// <summary>R_386_RELATIVE and R_X86_64_RELATIVE: the word becomes the load address plus the addend.</summary>
    public const uint Relative = 8;

    /// <summary>
    /// R_386_IRELATIVE or R_X86_64_IRELATIVE: the word becomes the result of the function at the load address plus the addend.
    /// </summary>
    internal static uint IndirectOf(ElfMachine machine) => machine == ElfMachine.I386 ? 42u : 37u;
}
