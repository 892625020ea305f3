using Hyperlight.Hypervisors;
using Hyperlight.Paging;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Checks the registers of a snapshot: a hypervisor must accept them, and a guest of the layout must be able to go on. With 4-level paging
/// the guest runs 64-bit code of ring 0, with 2-level paging 32-bit code of ring 0, and without paging in any mode that has no 64-bit code
/// (Intel SDM volume 3, sections 2.5, 3.4 and 28.3). The memory at the addresses in the registers is not checked: only the guest depends on
/// it.
/// </summary>
internal static class SnapshotRegisterRules
{
    /// <summary>The bit of the APIC base that turns the local APIC on.</summary>
    internal const ulong LocalApicEnabled = 1 << 11;

    private const ulong Cr0Allowed = 0xE005_003F;

    // All bits except LA57 (12), VMXE (13), SMXE (14), KL (19), CET (23) and later ones.
    private const ulong Cr4Allowed = 0x77_0FFF;
    private const ulong EferLongMode = EferLongModeEnable | EferLongModeActive;
    private const ulong EferAllowed = 0xCD01; // LME and LMA, and SCE, NXE, FFXSR, TCE
    private const ulong BootProcessor = 1 << 8; // IA32_APIC_BASE (Intel SDM volume 3, section 12.4.4)
    private const ulong X2Apic = 1 << 10;
    private const ulong MaxCr8 = 15;
    private const byte MaxType = 15;
    private const byte MaxPrivilege = 3;
    private const byte CodeType = 8;
    private const byte BusyTaskType = 11;
    private const byte BusyTask16Type = 3;

    /// <summary>
    /// Finds the first rule that the registers break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="registers">The registers.</param>
    /// <param name="layout">The layout. A guest of a layout with paging must still use paging.</param>
    public static string? FindFault(in SpecialRegisters registers, GuestLayout layout)
    {
        GuestPaging paging = layout.Paging;
        bool is64Bit = paging == GuestPaging.FourLevel;
        if ((registers.Cr0 & ~Cr0Allowed) != 0
            || (registers.Cr0 & (Cr0NotWriteThrough | Cr0CacheDisable)) == Cr0NotWriteThrough
            || (registers.Cr4 & ~Cr4Allowed) != 0
            || (registers.Efer & ~EferAllowed) != 0
            || !IsMode(registers, paging))
        {
            return $"its processor is not in {Name(paging)} "
                + $"(CR0 0x{registers.Cr0:X}, CR4 0x{registers.Cr4:X}, EFER 0x{registers.Efer:X})";
        }

        if (registers.Cr8 > MaxCr8)
        {
            return $"its CR8 is 0x{registers.Cr8:X}, the most is 0x{MaxCr8:X}";
        }

        return FindSegmentFault(
            is64Bit,
            ("CS", registers.Cs), ("DS", registers.Ds), ("ES", registers.Es), ("FS", registers.Fs), ("GS", registers.Gs),
                ("SS", registers.Ss),
            ("TR", registers.Tr), ("LDT", registers.Ldt))
            ?? FindModeFault(registers, is64Bit);
    }

    /// <summary>
    /// Finds the rule that an APIC base register breaks. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    internal static string? FindApicBaseFault(ulong apicBase, GuestLayout layout)
    {
        ulong address = ((1UL << layout.PhysicalAddressBits) - 1) & ~(GuestLayout.PageSize - 1);
        return (apicBase & X2Apic) != 0 ? $"its APIC base 0x{apicBase:X} turns the x2APIC on, which guests do not have"
            : (apicBase & ~(address | BootProcessor | LocalApicEnabled)) != 0
                ? $"its APIC base 0x{apicBase:X} has bits that no processor of {layout} has: allowed are bits 8 and 11, and an address of "
                    + $"{layout.PhysicalAddressBits} bits"
            : null;
    }

    private static bool IsMode(in SpecialRegisters registers, GuestPaging paging) => paging switch
    {
        GuestPaging.FourLevel => IsLongMode(registers),
        GuestPaging.TwoLevel => IsLegacyMode(registers) && (registers.Cr0 & Cr0Paging) != 0
            && (registers.Cr4 & Cr4PhysicalAddressExtension) == 0,
        _ => IsLegacyMode(registers),
    };

    private static string Name(GuestPaging paging) => paging switch
    {
        GuestPaging.FourLevel => "long mode with 4-level paging",
        GuestPaging.TwoLevel => "32-bit protected mode with 2-level paging",
        _ => "a mode of 32-bit processors",
    };

    private static bool IsLongMode(in SpecialRegisters registers) =>
        (registers.Cr0 & (Cr0Paging | Cr0Protection)) == (Cr0Paging | Cr0Protection)
        && (registers.Cr4 & Cr4PhysicalAddressExtension) != 0
        && (registers.Efer & EferLongMode) == EferLongMode;

    private static bool IsLegacyMode(in SpecialRegisters registers) =>
        (registers.Cr0 & (Cr0Paging | Cr0Protection)) != Cr0Paging
        && (registers.Cr4 & Cr4ProcessContexts) == 0
        && (registers.Efer & EferLongMode) == 0;

    private static string? FindSegmentFault(bool is64Bit, params (string Name, Segment Value)[] segments)
    {
        foreach ((string name, Segment segment) in segments)
        {
            bool fits = segment is { Type: <= MaxType, Dpl: <= MaxPrivilege, Present: <= 1, Db: <= 1, S: <= 1 }
                && segment is { L: <= 1, G: <= 1, Avl: <= 1 };
            if (!fits || !IsAddress(segment.Base, is64Bit))
            {
                return $"its segment register {name} has values that no processor has ({segment})";
            }
        }

        return null;
    }

    private static string? FindModeFault(in SpecialRegisters registers, bool is64Bit)
    {
        // In real mode a segment register has an address and no type.
        bool isProtected = (registers.Cr0 & Cr0Protection) != 0;
        Segment code = registers.Cs;
        bool isCode = code is { Present: 1, S: 1, Dpl: 0 } && (code.Type & CodeType) != 0;
        if (isProtected && (!isCode || (code.L == 1) != is64Bit || (is64Bit && code.Db == 1)))
        {
            return $"its CS is not {(is64Bit ? "64" : "32")}-bit code of ring 0 ({code})";
        }

        if (code.L == 1 && !is64Bit)
        {
            return $"its CS is 64-bit code ({code})";
        }

        if (isProtected && registers.Ss.Dpl != 0)
        {
            return $"its SS is not a stack of ring 0 ({registers.Ss})";
        }

        if (registers.Tr is not { Present: 1, S: 0 }
            || !(registers.Tr.Type == BusyTaskType || (!is64Bit && registers.Tr.Type == BusyTask16Type)))
        {
            return $"its TR is not a busy task ({registers.Tr})";
        }

        return IsAddress(registers.Gdt.Base, is64Bit) && IsAddress(registers.Idt.Base, is64Bit)
            ? null
            : $"its descriptor tables are at values that cannot be addresses (GDT 0x{registers.Gdt.Base:X}, IDT 0x{registers.Idt.Base:X})";
    }

    /// <summary>Checks whether a register for addresses can have a value: 64-bit addresses are canonical, others have 32 bits.</summary>
    internal static bool IsAddress(ulong address, bool is64Bit) =>
        is64Bit ? (long)(address << 16) >> 16 == (long)address : address <= uint.MaxValue;
}
