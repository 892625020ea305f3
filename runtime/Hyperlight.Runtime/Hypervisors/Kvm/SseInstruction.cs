namespace Hyperlight.Hypervisors.Kvm;

/// <summary>Recognizes SSE instructions, of which KVM interprets only a few (Intel SDM volume 2, appendix A).</summary>
internal static class SseInstruction
{
    private const byte TwoByteOpcode = 0x0F;

    /// <summary>
    /// Tells whether an instruction is one of SSE that uses registers only. A processor that runs guest code never leaves such an
    /// instruction to KVM, because it touches no memory. So KVM meets it only where KVM interprets all code.
    /// </summary>
    /// <param name="instruction">The bytes of the instruction, which may be followed by others.</param>
    public static bool UsesRegistersOnly(ReadOnlySpan<byte> instruction)
    {
        int next = 0;
        while (next < instruction.Length && IsPrefix(instruction[next]))
        {
            next++;
        }

        if (instruction[next..] is not [TwoByteOpcode, byte opcode, .. var rest])
        {
            return false;
        }

        if (opcode is 0x38 or 0x3A)
        {
            return rest is [_, byte longer, ..] && IsRegister(longer);
        }

        return IsSse(opcode) && rest is [byte operands, ..] && IsRegister(operands);
    }

    // Segments, sizes and repetitions, and REX. In 32-bit code the values of REX are instructions of their own.
    private static bool IsPrefix(byte value) => value is 0x26 or 0x2E or 0x36 or 0x3E or (>= 0x40 and <= 0x4F)
        or 0x64 or 0x65 or 0x66 or 0x67 or 0xF2 or 0xF3;

    private static bool IsSse(byte opcode) =>
        opcode is (>= 0x10 and <= 0x17) or (>= 0x28 and <= 0x2F) or (>= 0x50 and <= 0x76) or (>= 0x7C and <= 0x7F)
            or 0xC2 or (>= 0xC4 and <= 0xC6) or (>= 0xD0 and <= 0xFE);

    private static bool IsRegister(byte operands) => operands >> 6 == 3;
}
