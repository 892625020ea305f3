namespace Hyperlight.Elf;

/// <summary>A program header, as found in the file: nothing in it has been checked.</summary>
/// <param name="Index">Its place in the program header table.</param>
/// <param name="Type">What it describes.</param>
/// <param name="Flags">What may be done with the memory.</param>
/// <param name="Offset">Where its bytes start in the file.</param>
/// <param name="VirtualAddress">Where it is linked to be in memory.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory; those beyond <paramref name="FileSize"/> are zero.</param>
/// <param name="Alignment">p_align: 0, 1 or a power of two.</param>
internal readonly record struct ElfSegment(
    int Index,
    ElfSegmentType Type,
    ElfSegmentFlags Flags,
    ulong Offset,
    ulong VirtualAddress,
    ulong FileSize,
    ulong MemorySize,
    ulong Alignment)
{
    /// <summary>
    /// The address of its last byte in memory; of its first where it has none, and the last of a 64-bit address space where its size reaches
    /// beyond that.
    /// </summary>
    public ulong LastAddress
    {
        get
        {
            ulong distance = MemorySize == 0 ? 0 : MemorySize - 1;
            return distance > ulong.MaxValue - VirtualAddress ? ulong.MaxValue : VirtualAddress + distance;
        }
    }

    /// <summary>How findings name it: <c>segment 2 (0x200000-0x5FEFFF, RWX)</c>.</summary>
    public override string ToString() => $"segment {Index} (0x{VirtualAddress:X}-0x{LastAddress:X}, {Letter('R', ElfSegmentFlags.Read)}"
        + $"{Letter('W', ElfSegmentFlags.Write)}{Letter('X', ElfSegmentFlags.Execute)})";

    private char Letter(char letter, ElfSegmentFlags flag) => (Flags & flag) == 0 ? '-' : letter;
}
