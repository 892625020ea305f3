using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The rules for instructions that the guest's layout does not support. Only functions with a size in the symbol table are read, from their
/// start. Bytes between functions may be data, and data are not instructions. After an instruction that cannot be read, the rest of its
/// function is skipped.
/// </summary>
internal static class InstructionRules
{
    // One-byte opcodes (Intel SDM volume 2).
    private const byte InByte = 0xE4, InWord = 0xE5, OutByte = 0xE6, OutWord = 0xE7;
    private const byte InByteFromDx = 0xEC, InWordFromDx = 0xED, OutByteToDx = 0xEE, OutWordToDx = 0xEF;
    private const byte LoadDx = 0xBA, LoadAl = 0xB0, LoadAx = 0xB8;

    /// <summary>
    /// The ports of the host (amd64 sheet, section 5.1), and those of the interrupt controllers, the timer and the delay, which guests
    /// with interrupts have (i686 sheet, section 6.4).
    /// </summary>
    private static readonly HashSet<uint> KnownPorts =
    [
        99, 101, 102, 103, 104, 105, 106, 107, 108,
        0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x80,
    ];

    public static void Check(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        bool lacksSse = !layout.StartsWithSse && !EnablesSse(elf);
        ElfSymbol? sse = null;
        ulong sseAddress = 0;
        int sseCount = 0;

        // Functions do not share bytes. In a damaged file they can, so reading ends after as many bytes as the file has.
        long budget = elf.Bytes.Length;
        foreach (ElfSymbol function in elf.Symbols)
        {
            if (function.Type != ElfSymbolType.Function || function.SectionIndex == ElfSymbol.Undefined
                || function.Size is 0 or > int.MaxValue || (budget -= (long)function.Size) < 0)
            {
                continue;
            }

            bool usesSse = false;
            ReadOnlySpan<byte> code = elf.BytesAt(function.Value, function.Size);
            uint? dx = null;
            for (int position = 0;
                position < code.Length && X86Instruction.TryRead(code[position..], elf.Format.Is64, out X86Instruction instruction);
                position += instruction.Length)
            {
                if (PortOf(instruction, dx) is { } port && !KnownPorts.Contains(port))
                {
                    ReportPort(function, function.Value + (ulong)position, port, instruction, findings);
                }

                if (lacksSse && !usesSse && IsSse(instruction))
                {
                    usesSse = true;
                    (sse, sseAddress) = sse is null ? (function, function.Value + (ulong)position) : (sse, sseAddress);
                }

                dx = NextDx(instruction, dx);
            }

            sseCount += usesSse ? 1 : 0;
        }

        if (sse is { } first)
        {
            findings.Add(Rules.SseNotEnabled, sseAddress, () =>
                $"the function {SymbolNames.Quote(first.Name)} has an SSE instruction at "
                + $"0x{sseAddress:X}{(sseCount > 1 ? $", and {sseCount - 1} more functions have some" : "")}; "
                + $"{layout.Id} starts the processor with SSE off (CR4.OSFXSR is 0), and the guest does not change CR4, "
                + "so that each is an invalid opcode: compile with -mno-sse (-march=i686 or -mgeneral-regs-only), "
                + "or set CR4.OSFXSR at the guest's start.");
        }
    }

    private static void ReportPort(ElfSymbol function, ulong address, uint port, X86Instruction instruction, CappedFindings findings) =>
        findings.Add(Rules.UnknownPort, address, () =>
            $"the function {SymbolNames.Quote(function.Name)} "
            + (instruction.Opcode is InByte or InWord or InByteFromDx or InWordFromDx ? "reads from" : "writes to")
            + $" port 0x{port:X} at 0x{address:X}, "
            + "where a guest has no device, so that the call ends there: the host listens at ports 99, 101, 102, 103, 107 and 108; "
            + "leave the device out of the guest.");

    private static uint? PortOf(X86Instruction instruction, uint? dx) => instruction is { Map: OpcodeMap.OneByte, IsVector: false }
        ? instruction.Opcode switch
        {
            InByte or InWord or OutByte or OutWord => instruction.Immediate,
            InByteFromDx or InWordFromDx or OutByteToDx or OutWordToDx => dx,
            _ => null,
        }
        : null;

    /// <summary>
    /// Finds the port number in DX if the instructions before load a number into DX, with at most a load of the value in between.
    /// </summary>
    private static uint? NextDx(X86Instruction instruction, uint? dx) => instruction is { Map: OpcodeMap.OneByte, IsVector: false }
        ? instruction.Opcode switch
        {
            LoadDx => instruction.Immediate & 0xFFFF,
            LoadAl or LoadAx or OutByteToDx or OutWordToDx => dx,
            _ => null,
        }
        : null;

    /// <summary>
    /// Checks whether an instruction uses an XMM register, which CR4.OSFXSR enables (Intel SDM volume 3, section 14.1.2). MMX and x87
    /// instructions do not need the bit.
    /// </summary>
    private static bool IsSse(X86Instruction instruction)
    {
        if (instruction.IsVector)
        {
            return false;
        }

        bool hasPrefix = instruction.Prefix != 0;
        return instruction.Map switch
        {
            OpcodeMap.TwoBytes => instruction.Opcode switch
            {
                >= 0x10 and <= 0x17 or >= 0x28 and <= 0x2F or >= 0x50 and <= 0x5F or 0xC2 or 0xC6 => true,
                >= 0x60 and <= 0x76 or >= 0x7C and <= 0x7F or 0xC4 or 0xC5 or >= 0xD0 and <= 0xFE => hasPrefix,
                _ => false,
            },
            OpcodeMap.ThreeBytes38 => instruction is { Prefix: 0x66, Opcode: < 0xF0 },
            OpcodeMap.ThreeBytes3A => instruction.Prefix == 0x66,
            _ => false,
        };
    }

    /// <summary>Checks whether the code contains a MOV to CR4. The search looks at every byte.</summary>
    private static bool EnablesSse(ElfFile elf)
    {
        int budget = elf.Bytes.Length;
        foreach (ElfSegment segment in elf.LoadSegments.Where(segment => (segment.Flags & ElfSegmentFlags.Execute) != 0))
        {
            ReadOnlySpan<byte> code = elf.ContentOf(segment).Span;
            budget -= code.Length;
            if (budget < 0)
            {
                return true;
            }

            ReadOnlySpan<byte> moveToControl = [0x0F, 0x22];
            for (int index; (index = code.IndexOf(moveToControl)) >= 0; code = code[(index + 1)..])
            {
                if (index + 2 < code.Length && (code[index + 2] & 0xF8) == 0xE0)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
