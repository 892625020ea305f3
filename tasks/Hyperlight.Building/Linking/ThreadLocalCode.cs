namespace Hyperlight.Linking;

/// <summary>
/// Replaces the code of the three models of thread-local variables that libraries use by code of the model of programs (local exec), which
/// adds a constant to the thread pointer (System V ABI for x86-64, 11.1; ELF Handling For Thread-Local Storage, 5.5).
/// </summary>
internal static class ThreadLocalCode
{
    // lea x@tlsgd(%rip), %rdi and the two forms of call __tls_get_addr, with the prefixes that make the places equal.
    private static ReadOnlySpan<byte> GeneralLea => [0x66, 0x48, 0x8D, 0x3D];

    private static ReadOnlySpan<byte> GeneralCall => [0x66, 0x66, 0x48, 0xE8];

    private static ReadOnlySpan<byte> GeneralIndirectCall => [0x66, 0x48, 0xFF, 0x15];

    // mov %fs:0, %rax; lea x@tpoff(%rax), %rax
    private static ReadOnlySpan<byte> GeneralNew => [0x64, 0x48, 0x8B, 0x04, 0x25, 0, 0, 0, 0, 0x48, 0x8D, 0x80];

    // lea x@tlsld(%rip), %rdi; call __tls_get_addr
    private static ReadOnlySpan<byte> LocalLea => [0x48, 0x8D, 0x3D];

    private static ReadOnlySpan<byte> LocalCall => [0xE8];

    private static ReadOnlySpan<byte> LocalIndirectCall => [0xFF, 0x15];

    // mov %fs:0, %rax, with prefixes that fill the place of the longer form.
    private static ReadOnlySpan<byte> LocalNew => [0x66, 0x66, 0x66, 0x66, 0x64, 0x48, 0x8B, 0x04, 0x25, 0, 0, 0, 0];

    /// <summary>Replaces the code at a relocation.</summary>
    /// <param name="type">The relocation of one of the three models.</param>
    /// <param name="code">The section.</param>
    /// <param name="at">The place of the relocation in the section.</param>
    /// <param name="place">The place that gets the variable's distance from the thread pointer; -1 for none.</param>
    /// <returns>
    /// The first offset behind the code that was replaced, whose other relocations no longer count; 0 if the code is not what the ABI says.
    /// </returns>
    public static int Replace(RelocationType type, Span<byte> code, int at, out int place)
    {
        place = -1;
        return type switch
        {
            RelocationType.GeneralDynamic => ReplaceGeneral(code, at, out place),
            RelocationType.LocalDynamic => ReplaceLocal(code, at),
            _ => ReplaceInitial(code, at, out place),
        };
    }

    private static int ReplaceGeneral(Span<byte> code, int at, out int place)
    {
        place = at + 8;
        bool isRight = Has(code, at - GeneralLea.Length, GeneralLea)
            && (Has(code, at + 4, GeneralCall) || Has(code, at + 4, GeneralIndirectCall))
            && at + 12 <= code.Length;
        if (isRight)
        {
            GeneralNew.CopyTo(code[(at - GeneralLea.Length)..]);
        }

        return isRight ? at + 12 : 0;
    }

    private static int ReplaceLocal(Span<byte> code, int at)
    {
        int end = Has(code, at + 4, LocalCall) ? at + 9 : Has(code, at + 4, LocalIndirectCall) ? at + 10 : 0;
        if (end == 0 || end > code.Length || !Has(code, at - LocalLea.Length, LocalLea))
        {
            return 0;
        }

        int start = at - LocalLea.Length;
        LocalNew[^(end - start)..].CopyTo(code[start..]);
        return end;
    }

    // mov x@gottpoff(%rip), %reg becomes mov $x@tpoff, %reg; add x@gottpoff(%rip), %reg becomes add $x@tpoff, %reg.
    private static int ReplaceInitial(Span<byte> code, int at, out int place)
    {
        place = at;
        byte instruction = at < 3 ? (byte)0 : code[at - 2] switch { 0x8B => (byte)0xC7, 0x03 => (byte)0x81, _ => (byte)0 };
        if (instruction == 0 || (code[at - 3] & 0xFB) != 0x48 || (code[at - 1] & 0xC7) != 0x05)
        {
            return 0;
        }

        // The register moves from one operand of the instruction to the other, and so does its high bit, from REX.R to REX.B.
        code[at - 3] = (byte)(0x48 | (code[at - 3] >> 2 & 1));
        code[at - 2] = instruction;
        code[at - 1] = (byte)(0xC0 | (code[at - 1] >> 3 & 7));
        return at + 4;
    }

    private static bool Has(ReadOnlySpan<byte> code, int at, ReadOnlySpan<byte> part) =>
        at >= 0 && at <= code.Length && code[at..].StartsWith(part);
}
