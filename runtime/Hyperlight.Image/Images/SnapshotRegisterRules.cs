namespace Hyperlight.Images;

/// <summary>
/// What the registers of a snapshot must be so that a hypervisor takes them and a guest of a paged layout can go on: 64-bit code of ring 0 with 4-level
/// paging (Intel SDM volume 3, sections 2.5, 3.4 and 28.3). What they lead to is the guest's own affair.
/// </summary>
internal static class SnapshotRegisterRules
{
    private const ulong Cr0Needed = (1UL << 31) | (1 << 0); // PG, PE
    private const ulong Cr0Allowed = 0xE005_003F;
    private const ulong Cr0NotWriteThrough = 1 << 29;
    private const ulong Cr0CacheDisable = 1 << 30;
    private const ulong Cr4Needed = 1 << 5; // PAE

    // Neither LA57 (12), VMXE (13), SMXE (14), KL (19), CET (23) nor what came later.
    private const ulong Cr4Allowed = 0x77_0FFF;
    private const ulong EferNeeded = (1 << 8) | (1 << 10); // LME, LMA
    private const ulong EferAllowed = 0xCD01; // SCE, NXE, FFXSR, TCE beside
    private const ulong X2Apic = 1 << 10;
    private const ulong MaxCr8 = 15;
    private const byte MaxType = 15;
    private const byte MaxPrivilege = 3;
    private const byte CodeType = 8;
    private const byte BusyTaskType = 11;
    private const int Interrupts = 4;

    /// <summary>The first rule they break, as a sentence without its end; null when there is none.</summary>
    public static string? FindFault(SnapshotRegisters registers)
    {
        if ((registers.Cr0 & Cr0Needed) != Cr0Needed
            || (registers.Cr0 & ~Cr0Allowed) != 0
            || (registers.Cr0 & (Cr0NotWriteThrough | Cr0CacheDisable)) == Cr0NotWriteThrough
            || (registers.Cr4 & Cr4Needed) != Cr4Needed
            || (registers.Cr4 & ~Cr4Allowed) != 0
            || (registers.Efer & EferNeeded) != EferNeeded
            || (registers.Efer & ~EferAllowed) != 0)
        {
            return $"its processor is not in long mode with 4-level paging (CR0 0x{registers.Cr0:X}, CR4 0x{registers.Cr4:X}, EFER 0x{registers.Efer:X})";
        }

        if (registers.Cr8 > MaxCr8)
        {
            return $"its CR8 is 0x{registers.Cr8:X}, the most is 0x{MaxCr8:X}";
        }

        if ((registers.ApicBase & X2Apic) != 0)
        {
            return $"its APIC base 0x{registers.ApicBase:X} turns the x2APIC on, which no guest is given";
        }

        if (registers.InterruptBitmap.Length != Interrupts || registers.InterruptBitmap.Any(word => word != 0))
        {
            return "an interrupt waits in it, and guests here have no interrupts";
        }

        return FindFault(
            ("CS", registers.Cs), ("DS", registers.Ds), ("ES", registers.Es), ("FS", registers.Fs), ("GS", registers.Gs), ("SS", registers.Ss),
            ("TR", registers.Tr), ("LDT", registers.Ldt))
            ?? FindModeFault(registers);
    }

    private static string? FindFault(params (string Name, SnapshotSegment Value)[] segments)
    {
        foreach ((string name, SnapshotSegment segment) in segments)
        {
            bool fits = segment is { Type: <= MaxType, Dpl: <= MaxPrivilege, Present: <= 1, Db: <= 1, S: <= 1, L: <= 1, G: <= 1, Avl: <= 1, Unusable: <= 1 };
            if (!fits || !IsCanonical(segment.Base))
            {
                return $"its segment register {name} has values that no processor has ({segment})";
            }
        }

        return null;
    }

    private static string? FindModeFault(SnapshotRegisters registers)
    {
        if (registers.Cs is not { Present: 1, S: 1, L: 1, Db: 0, Dpl: 0, Unusable: 0 } || (registers.Cs.Type & CodeType) == 0)
        {
            return $"its CS is no 64-bit code of ring 0 ({registers.Cs})";
        }

        if (registers.Ss.Dpl != 0)
        {
            return $"its SS is no stack of ring 0 ({registers.Ss})";
        }

        if (registers.Tr is not { Present: 1, S: 0, Type: BusyTaskType, Unusable: 0 })
        {
            return $"its TR is no busy task ({registers.Tr})";
        }

        return IsCanonical(registers.Gdt.Base) && IsCanonical(registers.Idt.Base)
            ? null
            : $"its descriptor tables are at no possible address (GDT 0x{registers.Gdt.Base:X}, IDT 0x{registers.Idt.Base:X})";
    }

    private static bool IsCanonical(ulong address) => (long)(address << 16) >> 16 == (long)address;
}
