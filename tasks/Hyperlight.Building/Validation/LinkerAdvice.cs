using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>Advice with the options of the linker that made a file, or of several linkers if the file does not name its linker.</summary>
internal static class LinkerAdvice
{
    private const string WithoutAllInOne = "link without -N (--omagic), which makes one segment of everything";

    /// <summary>Gets the advice for linking a guest for an address.</summary>
    public static string StartAt(ElfFile elf, GuestPhysicalAddress address) => elf.Linker switch
    {
        ElfLinker.Gnu or ElfLinker.Gold => $"-Wl,-Ttext-segment={address}, or the first address of the linker script",
        ElfLinker.Lld or ElfLinker.Mold => $"-Wl,--image-base={address}, or the first address of the linker script",
        _ => $"-Wl,-Ttext-segment={address} with GNU ld, -Wl,--image-base={address} with lld or mold, "
            + "or the first address of the linker script",
    };

    /// <summary>Gets the advice for linking a guest without a dynamic loader.</summary>
    public static string WithoutDynamicLoader(ElfFile elf) => elf.Linker == ElfLinker.Gold
        ? "link statically with another linker than gold (-static-pie -nostdlib -fuse-ld=bfd), "
            + "which cannot leave the loader out of a position-independent guest"
        : "link statically (-static-pie -nostdlib, or -Wl,--no-dynamic-linker)";

    /// <summary>Gets the advice for separating the pages of code and data.</summary>
    public static string SeparateCode(ElfFile elf)
    {
        if (elf.Linker == ElfLinker.Gold)
        {
            return "start code and data on pages of their own in the linker script (. = ALIGN(4096)), "
                + "or link with another linker than gold (-fuse-ld=bfd -Wl,-z,separate-code)";
        }

        return IsAllInOne(elf)
            ? WithoutAllInOne
            : "start code and data on pages of their own, with -Wl,-z,separate-code or in the linker script (. = ALIGN(4096))";
    }

    /// <summary>Gets the advice for starting the first segment on a page.</summary>
    public static string AlignFirst(ElfFile elf) => IsAllInOne(elf) ? WithoutAllInOne : "align the first segment in the linker script";

    // The option -N (OMAGIC) puts everything into one segment that is not aligned to pages. With -N the option -z separate-code has no
    // effect.
    private static bool IsAllInOne(ElfFile elf) => elf.LoadSegments is [{ Alignment: < GuestLayout.PageSize } segment]
        && (segment.Flags & (ElfSegmentFlags.Write | ElfSegmentFlags.Execute)) == (ElfSegmentFlags.Write | ElfSegmentFlags.Execute);
}
