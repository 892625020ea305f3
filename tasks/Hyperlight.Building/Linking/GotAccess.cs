namespace Hyperlight.Linking;

/// <summary>
/// Replaces instructions that read an address from the global offset table by instructions that compute the address (System V ABI for
/// x86-64, B.2).
/// </summary>
internal static class GotAccess
{
    private const byte Mov = 0x8B;
    private const byte Lea = 0x8D;
    private const byte Indirect = 0xFF;
    private const byte CallOperand = 0x15;
    private const byte JumpOperand = 0x25;
    private const byte AddressSizePrefix = 0x67;
    private const byte Call = 0xE8;
    private const byte Jump = 0xE9;
    private const byte Nop = 0x90;

    // The bits of the operand byte without the register, and their value for an operand relative to the instruction pointer.
    private const byte OperandMask = 0xC7;
    private const byte RelativeOperand = 0x05;

    /// <summary>Gets what becomes of an instruction.</summary>
    /// <param name="relocation">The relocation, whose place lies in the section.</param>
    /// <param name="code">The content of the section.</param>
    public static GotUse Of(in InputRelocation relocation, ReadOnlySpan<byte> code)
    {
        int at = (int)relocation.Offset;
        if (relocation.Type == RelocationType.Slot || relocation.Addend != -4 || relocation.Symbol.IsConstant || at < 2)
        {
            return GotUse.Slot;
        }

        bool isPlain = relocation.Type == RelocationType.SlotRelaxable;
        return (code[at - 2], code[at - 1]) switch
        {
            (Mov, var operand) when (operand & OperandMask) == RelativeOperand => GotUse.Address,
            (Indirect, CallOperand) when isPlain => GotUse.Call,
            (Indirect, JumpOperand) when isPlain => GotUse.Jump,
            _ => GotUse.Slot,
        };
    }

    /// <summary>Replaces the instruction.</summary>
    /// <param name="use">What becomes of the instruction.</param>
    /// <param name="code">The code of the guest.</param>
    /// <param name="at">The place of the relocation.</param>
    /// <returns>The place of the new distance, which counts from the end of the four bytes of the place.</returns>
    public static int Replace(GotUse use, Span<byte> code, int at)
    {
        switch (use)
        {
            case GotUse.Address:
                code[at - 2] = Lea;
                return at;
            case GotUse.Call:
                (code[at - 2], code[at - 1]) = (AddressSizePrefix, Call);
                return at;
            case GotUse.Jump:
                (code[at - 2], code[at + 3]) = (Jump, Nop);
                return at - 1;
            default:
                return at;
        }
    }
}
