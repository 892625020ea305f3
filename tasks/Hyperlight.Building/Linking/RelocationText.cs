namespace Hyperlight.Linking;

/// <summary>Names relocations and symbols in findings.</summary>
internal static class RelocationText
{
    /// <summary>Gets the number of a relocation with the name that the ABI gives it, if the linker knows it.</summary>
    public static string Of(RelocationType type) => type switch
    {
        RelocationType.Absolute64 => "R_X86_64_64",
        RelocationType.Relative32 => "R_X86_64_PC32",
        RelocationType.Call32 => "R_X86_64_PLT32",
        RelocationType.Slot => "R_X86_64_GOTPCREL",
        RelocationType.Absolute32 => "R_X86_64_32",
        RelocationType.AbsoluteSigned32 => "R_X86_64_32S",
        RelocationType.GeneralDynamic => "R_X86_64_TLSGD",
        RelocationType.LocalDynamic => "R_X86_64_TLSLD",
        RelocationType.ModuleOffset32 => "R_X86_64_DTPOFF32",
        RelocationType.InitialExec => "R_X86_64_GOTTPOFF",
        RelocationType.ThreadOffset32 => "R_X86_64_TPOFF32",
        RelocationType.Relative64 => "R_X86_64_PC64",
        RelocationType.Table32 => "R_X86_64_GOTPC32",
        RelocationType.FromTable64 => "R_X86_64_GOTOFF64",
        RelocationType.ModuleOffset64 => "R_X86_64_DTPOFF64",
        RelocationType.ThreadOffset64 => "R_X86_64_TPOFF64",
        RelocationType.Size32 => "R_X86_64_SIZE32",
        RelocationType.Size64 => "R_X86_64_SIZE64",
        RelocationType.SlotRelaxable => "R_X86_64_GOTPCRELX",
        RelocationType.SlotRelaxableRex => "R_X86_64_REX_GOTPCRELX",
        _ => $"{(uint)type}",
    };

    /// <summary>Gets the name of a symbol, or of the section that the symbol stands for.</summary>
    public static string NameOf(LinkSymbol symbol) => symbol.Name.Length > 0 ? symbol.Name : symbol.Section?.Name ?? "a number";
}
