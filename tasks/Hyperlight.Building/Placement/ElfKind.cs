using Hyperlight.Elf;
using Hyperlight.Layouts;

namespace Hyperlight.Placement;

/// <summary>The kind of ELF file that a guest is.</summary>
/// <param name="Class">The width of addresses.</param>
/// <param name="Machine">The processor.</param>
internal readonly record struct ElfKind(ElfClass Class, ElfMachine Machine)
{
    /// <summary>Gets the kind of ELF file that the guests of a layout have.</summary>
    public static ElfKind Of(GuestLayout layout) =>
        layout.EntryMode == EntryMode.LongMode ? new(ElfClass.Elf64, ElfMachine.X86_64) : new(ElfClass.Elf32, ElfMachine.I386);
}
