using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// Finds functions that call address 0: directly, through a word that is 0, or through an entry of the procedure linkage table that jumps
/// through such a word. Linkers make such calls for undefined weak symbols. A function that also contains the address in another form (a
/// zero, or the distance to a word that is 0) may check the symbol first and is not reported.
/// </summary>
internal static class CallsOfNothing
{
    // CALL and JMP with a distance, the two bytes of conditional jumps with a distance, and the two bytes of CALL and JMP through a word
    // (Intel SDM volume 2).
    private const byte Call = 0xE8;
    private const byte Jump = 0xE9;
    private const byte TwoBytes = 0x0F;
    private const byte ConditionalJump = 0x80;
    private const byte Indirect = 0xFF;
    private const byte IndirectCall = 0x15;
    private const byte IndirectJump = 0x25;

    /// <summary>
    /// The greatest number of segments that are searched. Guests have few segments. A file with more segments is not searched.
    /// </summary>
    private const int MostSegments = 64;

    // Assemblers align loops with instructions that do nothing and that contain zeros.
    private static readonly byte[][] Padding = [[TwoBytes, 0x1F, 0x84, 0, 0, 0, 0, 0], [TwoBytes, 0x1F, 0x80, 0, 0, 0, 0]];

    /// <summary>Finds the functions that call address 0 without a check, among the functions with a size in the symbol table.</summary>
    public static IEnumerable<ElfSymbol> In(ElfFile elf)
    {
        // If the guest has code at address 0, a call of address 0 is valid.
        bool hasCodeAtZero = elf.Symbols.Any(symbol => symbol is { Type: ElfSymbolType.Function, Value: 0 }
            && symbol.SectionIndex != ElfSymbol.Undefined);
        if (elf.LoadSegments.Length > MostSegments || hasCodeAtZero)
        {
            yield break;
        }

        HashSet<ulong> relocated =
        [
            .. elf.Relocations.Select(relocation => relocation.Offset),
            .. elf.LeftTables.SelectMany(table => table.Relocations).Select(relocation => relocation.Offset),
        ];

        // Functions do not share bytes. In a damaged file they can, so the search ends after as many bytes as the file has.
        long budget = elf.Bytes.Length;
        foreach (ElfSymbol symbol in elf.Symbols)
        {
            if (symbol.Type == ElfSymbolType.Function && symbol.Size is > 0 and <= int.MaxValue
                && symbol.SectionIndex != ElfSymbol.Undefined)
            {
                budget -= (long)symbol.Size;
                if (budget >= 0 && IsCaller(elf, symbol, relocated))
                {
                    yield return symbol;
                }
            }
        }
    }

    private static bool IsCaller(ElfFile elf, ElfSymbol function, HashSet<ulong> relocated)
    {
        // Few functions have such a call, so the search for it alone comes first: the other one looks up a word for each byte.
        ReadOnlySpan<byte> code = elf.BytesAt(function.Value, function.Size);
        bool calls = false;
        for (int index = 1; index <= code.Length - sizeof(int) && !calls; index++)
        {
            calls = CallsNothingAt(elf, function.Value, code, index, relocated);
        }

        return calls && !HasOtherForm(elf, function.Value, code, relocated);
    }

    private static bool HasOtherForm(ElfFile elf, ulong start, ReadOnlySpan<byte> code, HashSet<ulong> relocated)
    {
        for (int index = 0; index <= code.Length - sizeof(int); index++)
        {
            foreach (byte[] nothing in Padding)
            {
                index += code[index..].StartsWith(nothing) ? nothing.Length : 0;
            }

            if (index > code.Length - sizeof(int))
            {
                break;
            }

            int distance = BinaryPrimitives.ReadInt32LittleEndian(code[index..]);
            ulong target = TargetOf(elf, start, distance, index);
            if ((distance == 0 || target == 0 || IsDistanceToZero(elf, code, index, target))
                && !CallsNothingAt(elf, start, code, index, relocated))
            {
                return true;
            }
        }

        return false;
    }

    // 64-bit instructions reach a word by the distance to it, behind a ModRM byte that says so (Intel SDM volume 2, table 2-7). An
    // instruction that compares the word with 0 is a byte longer than this distance, which reaches a byte before the word then.
    private static bool IsDistanceToZero(ElfFile elf, ReadOnlySpan<byte> code, int index, ulong target) =>
        elf.Format.Is64 && index > 0 && (code[index - 1] & 0xC7) == 0x05 && elf.WordAt(target) == 0;

    /// <summary>Checks whether the four bytes at an index are the distance or address of a call or jump to address 0.</summary>
    private static bool CallsNothingAt(ElfFile elf, ulong start, ReadOnlySpan<byte> code, int index, HashSet<ulong> relocated)
    {
        byte before = index > 0 ? code[index - 1] : (byte)0;
        byte beforeThat = index > 1 ? code[index - 2] : (byte)0;
        bool isCall = before is Call or Jump || (beforeThat == TwoBytes && (before & 0xF0) == ConditionalJump);
        bool isIndirect = beforeThat == Indirect && before is (IndirectCall or IndirectJump);
        if (!isCall && !isIndirect)
        {
            return false;
        }

        int distance = BinaryPrimitives.ReadInt32LittleEndian(code[index..]);
        ulong target = TargetOf(elf, start, distance, index);
        return (isCall && (target == 0 || JumpsThroughZero(elf, target, relocated)))
            || (isIndirect && IsZero(elf, target, distance, relocated));
    }

    private static ulong TargetOf(ElfFile elf, ulong start, int distance, int index) =>
        unchecked(start + (ulong)index + sizeof(int) + (ulong)distance) & elf.Format.LastAddress;

    /// <summary>Checks whether the procedure linkage table has an entry at an address, and the entry jumps to address 0.</summary>
    private static bool JumpsThroughZero(ElfFile elf, ulong address, HashSet<ulong> relocated)
    {
        const int Length = 2 + sizeof(int);
        ReadOnlySpan<byte> entry = elf.BytesAt(address, Length);
        if (entry.Length != Length || entry[0] != Indirect || entry[1] != IndirectJump)
        {
            return false;
        }

        int distance = BinaryPrimitives.ReadInt32LittleEndian(entry[2..]);
        return IsZero(elf, unchecked(address + Length + (ulong)distance) & elf.Format.LastAddress, distance, relocated);
    }

    // 64-bit code has the distance from the end of the instruction, 32-bit code the address. A word that a relocation fills in does not
    // count as 0.
    private static bool IsZero(ElfFile elf, ulong target, int distance, HashSet<ulong> relocated)
    {
        ulong address = elf.Format.Is64 ? target : (uint)distance;
        return elf.WordAt(address) == 0 && !relocated.Contains(address);
    }
}
