using static Hyperlight.Hypervisors.Whp.WhpRegisterName;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// Translates the segment, table and control registers. One call sets all of them, so that the hypervisor sees them together.
/// </summary>
internal static class WhpSpecialRegisters
{
    /// <summary>The number of registers.</summary>
    public const int Count = 16;

    // The places of the values below.
    private const int CsPlace = 0;
    private const int DsPlace = 1;
    private const int EsPlace = 2;
    private const int FsPlace = 3;
    private const int GsPlace = 4;
    private const int SsPlace = 5;
    private const int TrPlace = 6;
    private const int LdtrPlace = 7;
    private const int GdtrPlace = 8;
    private const int IdtrPlace = 9;
    private const int Cr0Place = 10;
    private const int Cr2Place = 11;
    private const int Cr3Place = 12;
    private const int Cr4Place = 13;
    private const int Cr8Place = 14;
    private const int EferPlace = 15;

    /// <summary>Gets the names of the registers, in the order of the values.</summary>
    public static ReadOnlySpan<WhpRegisterName> Names =>
        [Cs, Ds, Es, Fs, Gs, Ss, Tr, Ldtr, Gdtr, Idtr, Cr0, Cr2, Cr3, Cr4, Cr8, Efer];

    /// <summary>Translates registers into the platform's values.</summary>
    public static void Write(Span<WhpRegisterValue> values, in SpecialRegisters registers)
    {
        values[CsPlace].Segment = new(registers.Cs);
        values[DsPlace].Segment = new(registers.Ds);
        values[EsPlace].Segment = new(registers.Es);
        values[FsPlace].Segment = new(registers.Fs);
        values[GsPlace].Segment = new(registers.Gs);
        values[SsPlace].Segment = new(registers.Ss);
        values[TrPlace].Segment = new(registers.Tr);
        values[LdtrPlace].Segment = new(registers.Ldt);
        values[GdtrPlace].Table = new(registers.Gdt);
        values[IdtrPlace].Table = new(registers.Idt);
        values[Cr0Place] = new() { Low = registers.Cr0 };
        values[Cr2Place] = new() { Low = registers.Cr2 };
        values[Cr3Place] = new() { Low = registers.Cr3 };
        values[Cr4Place] = new() { Low = registers.Cr4 };
        values[Cr8Place] = new() { Low = registers.Cr8 };
        values[EferPlace] = new() { Low = registers.Efer };
    }

    /// <summary>Translates the platform's values.</summary>
    public static SpecialRegisters Read(ReadOnlySpan<WhpRegisterValue> values) => new()
    {
        Cs = values[CsPlace].Segment.ToNeutral(),
        Ds = values[DsPlace].Segment.ToNeutral(),
        Es = values[EsPlace].Segment.ToNeutral(),
        Fs = values[FsPlace].Segment.ToNeutral(),
        Gs = values[GsPlace].Segment.ToNeutral(),
        Ss = values[SsPlace].Segment.ToNeutral(),
        Tr = values[TrPlace].Segment.ToNeutral(),
        Ldt = values[LdtrPlace].Segment.ToNeutral(),
        Gdt = values[GdtrPlace].Table.ToNeutral(),
        Idt = values[IdtrPlace].Table.ToNeutral(),
        Cr0 = values[Cr0Place].Low,
        Cr2 = values[Cr2Place].Low,
        Cr3 = values[Cr3Place].Low,
        Cr4 = values[Cr4Place].Low,
        Cr8 = values[Cr8Place].Low,
        Efer = values[EferPlace].Low,
    };
}
