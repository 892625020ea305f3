using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// Finds functions that call address 0: directly, through a word that is 0, or through an entry of the procedure linkage table that jumps through such a word. That is what
/// linkers make of a call of a weak symbol that nothing defines. A function that asks first has another trace of the symbol: a zero where the address would stand, or a word that holds the address.
/// </summary>
internal static class CallsOfNothing
{
    // One-byte CALL and JMP with a distance, the second byte of conditional jumps with one, and CALL and JMP through a word (Intel SDM volume 2).
    private const byte Call = 0xE8;
    private const byte Jump = 0xE9;
    private const byte TwoBytes = 0x0F;
    private const byte ConditionalJump = 0x80;
    private const byte Indirect = 0xFF;
    private const byte IndirectCall = 0x15;
    private const byte IndirectJump = 0x25;

    /// <summary>Guests have a handful of segments. A file of thousands is not searched.</summary>
    private const int MostSegments = 64;

    // Assemblers align loops with instructions that do nothing and have zeros in them.
    private static readonly byte[][] Padding = [[TwoBytes, 0x1F, 0x84, 0, 0, 0, 0, 0], [TwoBytes, 0x1F, 0x80, 0, 0, 0, 0]];

    /// <summary>The functions that call address 0 and do not ask first: of those that have a size in the symbol table.</summary>
    public static IEnumerable<ElfSymbol> In(ElfFile elf)
    {
        // Where there is code at address 0, a call of it means something.
        bool hasCodeAtZero = elf.Symbols.Any(symbol => symbol is { Type: ElfSymbolType.Function, Value: 0 } && symbol.SectionIndex != ElfSymbol.Undefined);
        if (elf.LoadSegments.Length > MostSegments || hasCodeAtZero)
        {
            yield break;
        }

        HashSet<ulong> relocated = [.. elf.Relocations.Select(relocation => relocation.Offset), .. elf.LeftTables.SelectMany(table => table.Relocations).Select(relocation => relocation.Offset)];

        // Functions have no bytes in common. Of those of a damaged file that do, only as many are looked at as the file has bytes.
        long budget = elf.Bytes.Length;
        foreach (ElfSymbol symbol in elf.Symbols)
        {
            if (symbol.Type == ElfSymbolType.Function && symbol.Size is > 0 and <= int.MaxValue && symbol.SectionIndex != ElfSymbol.Undefined)
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
        ReadOnlySpan<byte> code = elf.BytesAt(function.Value, function.Size);
        bool calls = false;
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
            ulong target = unchecked(function.Value + (ulong)index + sizeof(int) + (ulong)distance) & elf.Format.LastAddress;
            byte before = index > 0 ? code[index - 1] : (byte)0;
            byte beforeThat = index > 1 ? code[index - 2] : (byte)0;
            bool isCall = before is Call or Jump || (beforeThat == TwoBytes && (before & 0xF0) == ConditionalJump);
            bool isIndirect = beforeThat == Indirect && before is (IndirectCall or IndirectJump);
            if ((isCall && (target == 0 || JumpsThroughZero(elf, target, relocated))) || (isIndirect && IsZero(elf, target, distance, relocated)))
            {
                calls = true;
            }
            else if (distance == 0 || target == 0 || (elf.Format.Is64 && elf.WordAt(target) == 0))
            {
                return false;
            }
        }

        return calls;
    }

    /// <summary>Whether an entry of the procedure linkage table is at an address, and leads to 0.</summary>
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

    // 64-bit code counts from the end of the instruction, 32-bit code names the address. What a relocation fills in is not 0.
    private static bool IsZero(ElfFile elf, ulong target, int distance, HashSet<ulong> relocated)
    {
        ulong address = elf.Format.Is64 ? target : (uint)distance;
        return elf.WordAt(address) == 0 && !relocated.Contains(address);
    }
}
