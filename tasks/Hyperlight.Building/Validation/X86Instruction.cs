using System.Buffers.Binary;

namespace Hyperlight.Validation;

/// <summary>A table of opcodes (Intel SDM volume 2, appendix A).</summary>
internal enum OpcodeMap
{
    /// <summary>Opcodes of one byte.</summary>
    OneByte,

    /// <summary>Opcodes after the byte 0F.</summary>
    TwoBytes,

    /// <summary>Opcodes after the bytes 0F 38.</summary>
    ThreeBytes38,

    /// <summary>Opcodes after the bytes 0F 3A.</summary>
    ThreeBytes3A,
}

/// <summary>An instruction in 32-bit or 64-bit mode: its length, and the fields that the rules need.</summary>
/// <param name="Length">The length of the instruction in bytes.</param>
/// <param name="Map">The table of the opcode.</param>
/// <param name="Opcode">The last byte of the opcode.</param>
/// <param name="Prefix">The prefix that is part of the opcode of vector instructions: 66, F2 or F3; otherwise 0.</param>
/// <param name="IsVector">Whether the instruction is encoded with VEX or EVEX.</param>
/// <param name="Immediate">The immediate operand; 0 if the instruction has no immediate operand.</param>
internal readonly record struct X86Instruction(int Length, OpcodeMap Map, byte Opcode, byte Prefix, bool IsVector, uint Immediate)
{
    private const int LongestInstruction = 15;

    /// <summary>
    /// Reads the instruction at the start of <paramref name="code"/>. Returns <c>false</c> if the bytes are not an instruction, or not a
    /// whole one.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> code, bool is64, out X86Instruction instruction)
    {
        instruction = default;
        ReadOnlySpan<byte> bytes = code[..Math.Min(code.Length, LongestInstruction)];
        int position = 0;
        byte prefix = 0;
        bool operand16 = false, otherAddress = false, wide = false;
        for (; position < bytes.Length; position++)
        {
            byte value = bytes[position];
            if (value is 0xF2 or 0xF3)
            {
                prefix = value;
            }
            else if (value == 0x66)
            {
                operand16 = true;
                prefix = prefix == 0 ? value : prefix;
            }
            else if (value == 0x67)
            {
                otherAddress = true;
            }
            else if (value is not (0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0xF0))
            {
                break;
            }
        }

        if (is64 && position < bytes.Length && (bytes[position] & 0xF0) == 0x40)
        {
            wide = (bytes[position] & 8) != 0;
            position++;
        }

        if (position >= bytes.Length)
        {
            return false;
        }

        OpcodeMap map = OpcodeMap.OneByte;
        bool isVector = false;
        byte opcode = bytes[position++];

        // C4, C5 and 62 start vector instructions. In 32-bit mode these bytes also start older instructions, whose operand is always in
        // memory. So a 32-bit instruction is a vector instruction if its operand is a register.
        if (opcode is (0xC4 or 0xC5 or 0x62) && position < bytes.Length && (is64 || bytes[position] >= 0xC0))
        {
            int size = opcode switch { 0xC5 => 1, 0xC4 => 2, _ => 3 };
            if (position + size >= bytes.Length)
            {
                return false;
            }

            map = opcode == 0xC5
                ? OpcodeMap.TwoBytes
                : (bytes[position] & 7) switch { 2 => OpcodeMap.ThreeBytes38, 3 => OpcodeMap.ThreeBytes3A, _ => OpcodeMap.TwoBytes };
            byte last = bytes[position + (opcode == 0x62 ? 1 : size - 1)];
            prefix = (last & 3) switch { 1 => 0x66, 2 => 0xF3, 3 => 0xF2, _ => 0 };
            isVector = true;
            position += size;
            opcode = bytes[position++];
        }
        else if (opcode == 0x0F)
        {
            map = OpcodeMap.TwoBytes;
            if (position >= bytes.Length)
            {
                return false;
            }

            opcode = bytes[position++];
            if (opcode is 0x38 or 0x3A)
            {
                map = opcode == 0x38 ? OpcodeMap.ThreeBytes38 : OpcodeMap.ThreeBytes3A;
                if (position >= bytes.Length)
                {
                    return false;
                }

                opcode = bytes[position++];
            }
        }

        byte modRm = position < bytes.Length ? bytes[position] : (byte)0;
        if (HasModRm(map, opcode, is64) && !TrySkipModRm(bytes, ref position, is64, otherAddress))
        {
            return false;
        }

        int immediate = ImmediateSize(map, opcode, modRm, is64, operand16, otherAddress, wide);
        if (immediate < 0 || position + immediate > bytes.Length)
        {
            return false;
        }

        uint operand = immediate switch
        {
            0 => 0,
            1 => bytes[position],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[position..]),
            >= 4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[position..]),
            _ => 0,
        };
        instruction = new(position + immediate, map, opcode, prefix, isVector, operand);
        return true;
    }

    private static bool HasModRm(OpcodeMap map, byte opcode, bool is64) => map switch
    {
        OpcodeMap.OneByte => opcode switch
        {
            < 0x40 => (opcode & 7) < 4,
            0x62 => !is64,
            0x63 or 0x69 or 0x6B => true,
            >= 0x80 and <= 0x8F => true,
            0xC0 or 0xC1 or 0xC4 or 0xC5 or 0xC6 or 0xC7 => true,
            >= 0xD0 and <= 0xD3 or >= 0xD8 and <= 0xDF => true,
            0xF6 or 0xF7 or 0xFE or 0xFF => true,
            _ => false,
        },
        OpcodeMap.TwoBytes => opcode is not (>= 0x05 and <= 0x09 or 0x0B or 0x0E or >= 0x30 and <= 0x37 or 0x77 or >= 0x80 and <= 0x8F
            or 0xA0 or 0xA1 or 0xA2 or 0xA8 or 0xA9 or 0xAA or >= 0xC8 and <= 0xCF),
        _ => true,
    };

    private static bool TrySkipModRm(ReadOnlySpan<byte> bytes, ref int position, bool is64, bool otherAddress)
    {
        if (position >= bytes.Length)
        {
            return false;
        }

        byte modRm = bytes[position++];
        int mode = modRm >> 6, register = modRm & 7;
        if (mode == 3)
        {
            return true;
        }

        if (!is64 && otherAddress)
        {
            position += mode switch { 1 => 1, 2 => 2, _ => register == 6 ? 2 : 0 };
            return position <= bytes.Length;
        }

        if (register == 4)
        {
            if (position >= bytes.Length)
            {
                return false;
            }

            // SIB: base 5 with mode 0 means a displacement without a register.
            register = bytes[position++] & 7;
        }

        position += mode switch { 1 => 1, 2 => 4, _ => register == 5 ? 4 : 0 };
        return position <= bytes.Length;
    }

    /// <summary>Gets the size of the immediate operand in bytes; a negative number if the mode does not have the opcode.</summary>
    private static int ImmediateSize(OpcodeMap map, byte opcode, byte modRm, bool is64, bool operand16, bool otherAddress, bool wide)
    {
        int full = operand16 ? 2 : 4;
        if (map == OpcodeMap.ThreeBytes3A)
        {
            return 1;
        }

        if (map == OpcodeMap.ThreeBytes38)
        {
            return 0;
        }

        if (map == OpcodeMap.TwoBytes)
        {
            return opcode switch
            {
                0x0F or >= 0x70 and <= 0x73 or 0xA4 or 0xAC or 0xBA or 0xC2 or 0xC4 or 0xC5 or 0xC6 => 1,
                >= 0x80 and <= 0x8F => is64 ? 4 : full,
                _ => 0,
            };
        }

        bool tests = (modRm & 0x38) <= 8;
        return opcode switch
        {
            < 0x40 when (opcode & 7) == 4 => 1,
            < 0x40 when (opcode & 7) == 5 => full,
            0x06 or 0x07 or 0x0E or 0x16 or 0x17 or 0x1E or 0x1F or 0x27 or 0x2F or 0x37 or 0x3F or 0x60 or 0x61 or 0x9A or 0xCE
                or 0xD4 or 0xD5 or 0xEA when is64 => -1,
            0x68 or 0x69 or 0x81 or 0xA9 or 0xC7 => full,
            0x6A or 0x6B or >= 0x70 and <= 0x7F or 0x80 or 0x82 or 0x83 or 0xA8 or >= 0xB0 and <= 0xB7 or 0xC0 or 0xC1 or 0xC6
                or 0xCD or 0xD4 or 0xD5
                or >= 0xE0 and <= 0xE7 or 0xEB => 1,
            0x9A or 0xEA => full + 2,
            >= 0xA0 and <= 0xA3 => is64 ? (otherAddress ? 4 : 8) : otherAddress ? 2 : 4,
            >= 0xB8 and <= 0xBF => wide ? 8 : full,
            0xC2 or 0xCA => 2,
            0xC8 => 3,
            0xE8 or 0xE9 => is64 ? 4 : full,
            0xF6 when tests => 1,
            0xF7 when tests => full,
            _ => 0,
        };
    }
}
