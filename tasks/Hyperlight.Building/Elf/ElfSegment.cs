namespace Hyperlight.Elf;

/// <summary>A program header with the values of the file, which have not been checked.</summary>
/// <param name="Index">The index in the program header table.</param>
/// <param name="Type">The type.</param>
/// <param name="Flags">The permissions of the memory.</param>
/// <param name="Offset">The offset of the first byte in the file.</param>
/// <param name="VirtualAddress">The linked address.</param>
/// <param name="FileSize">The size in the file in bytes.</param>
/// <param name="MemorySize">The size in memory in bytes. Bytes beyond <paramref name="FileSize"/> are zero.</param>
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
    /// Gets the address of the last byte in memory; the start if the segment has no memory; the last 64-bit address if the segment reaches
    /// beyond the address space.
    /// </summary>
    public ulong LastAddress
    {
        get
        {
            ulong distance = MemorySize == 0 ? 0 : MemorySize - 1;
            return distance > ulong.MaxValue - VirtualAddress ? ulong.MaxValue : VirtualAddress + distance;
        }
    }

    /// <summary>Gets the name of the segment for findings: <c>segment 2 (0x200000-0x5FEFFF, RWX)</c>.</summary>
    public override string ToString() => $"segment {Index} (0x{VirtualAddress:X}-0x{LastAddress:X}, {Letter('R', ElfSegmentFlags.Read)}"
        + $"{Letter('W', ElfSegmentFlags.Write)}{Letter('X', ElfSegmentFlags.Execute)})";

    private char Letter(char letter, ElfSegmentFlags flag) => (Flags & flag) == 0 ? '-' : letter;
}
