namespace Hyperlight.Elf;

/// <summary>What a program header describes (gABI, p_type). Values other than these occur and are kept.</summary>
public enum ElfSegmentType : uint
{
    /// <summary>Bytes to load.</summary>
    Load = 1,

    /// <summary>The dynamic table.</summary>
    Dynamic = 2,

    /// <summary>The path of a dynamic loader.</summary>
    Interpreter = 3,

    /// <summary>Notes.</summary>
    Note = 4,

    /// <summary>The template of thread-local storage.</summary>
    ThreadLocalStorage = 7,
}

/// <summary>What may be done with a segment's memory (gABI, p_flags).</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>PF_X.</summary>
    Execute = 1,

    /// <summary>PF_W.</summary>
    Write = 2,

    /// <summary>PF_R.</summary>
    Read = 4,
}

/// <summary>A program header, as found in the file: nothing in it has been checked.</summary>
/// <param name="Index">Its place in the program header table.</param>
/// <param name="Type">What it describes.</param>
/// <param name="Flags">What may be done with the memory.</param>
/// <param name="Offset">Where its bytes start in the file.</param>
/// <param name="VirtualAddress">Where it is linked to be in memory.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory; those beyond <paramref name="FileSize"/> are zero.</param>
/// <param name="Alignment">p_align: 0, 1 or a power of two.</param>
public readonly record struct ElfSegment(
    int Index,
    ElfSegmentType Type,
    ElfSegmentFlags Flags,
    ulong Offset,
    ulong VirtualAddress,
    ulong FileSize,
    ulong MemorySize,
    ulong Alignment);
