using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>The names of relocation types, from the psABI supplements of both machines.</summary>
internal static class RelocationNames
{
    private static readonly (uint Type, string Name)[] I386 =
    [
        (0, "NONE"), (1, "32"), (2, "PC32"), (3, "GOT32"), (4, "PLT32"), (5, "COPY"), (6, "GLOB_DAT"), (7, "JMP_SLOT"),
        (8, "RELATIVE"), (9, "GOTOFF"), (10, "GOTPC"), (14, "TLS_TPOFF"), (20, "16"), (21, "PC16"), (22, "8"), (23, "PC8"),
        (35, "TLS_DTPMOD32"), (36, "TLS_DTPOFF32"), (37, "TLS_TPOFF32"), (38, "SIZE32"), (41, "TLS_DESC"), (42, "IRELATIVE"),
    ];

    private static readonly (uint Type, string Name)[] Amd64 =
    [
        (0, "NONE"), (1, "64"), (2, "PC32"), (3, "GOT32"), (4, "PLT32"), (5, "COPY"), (6, "GLOB_DAT"), (7, "JUMP_SLOT"),
        (8, "RELATIVE"), (9, "GOTPCREL"), (10, "32"), (11, "32S"), (12, "16"), (13, "PC16"), (14, "8"), (15, "PC8"),
        (16, "DTPMOD64"), (17, "DTPOFF64"), (18, "TPOFF64"), (24, "PC64"), (25, "GOTOFF64"), (32, "SIZE32"), (33, "SIZE64"),
        (36, "TLSDESC"), (37, "IRELATIVE"), (38, "RELATIVE64"),
    ];

    /// <summary>Gets the name of a relocation type, for example <c>R_X86_64_GLOB_DAT</c>, or its number if the type has no name.</summary>
    public static string Describe(ElfMachine machine, uint type)
    {
        (string prefix, (uint Type, string Name)[] names) = machine switch
        {
            ElfMachine.I386 => ("R_386_", I386),
            ElfMachine.X86_64 => ("R_X86_64_", Amd64),
            _ => ("", []),
        };
        return Array.Find(names, entry => entry.Type == type).Name is { } name ? prefix + name : $"of type {type}";
    }
}
