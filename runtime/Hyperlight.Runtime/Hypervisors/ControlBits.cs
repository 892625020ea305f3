namespace Hyperlight.Hypervisors;

/// <summary>
/// Bits of the control registers (Intel SDM volume 3, section 2.5), of EFER (section 2.2.1), of XCR0 (sections 2.6 and 13.3), and of RFLAGS
/// (section 2.3).
/// </summary>
internal static class ControlBits
{
    /// <summary>PE: protected mode.</summary>
    public const ulong Cr0Protection = 1 << 0;

    /// <summary>MP: WAIT obeys TS.</summary>
    public const ulong Cr0MonitorCoprocessor = 1 << 1;

    /// <summary>ET: always 1.</summary>
    public const ulong Cr0ExtensionType = 1 << 4;

    /// <summary>NE: floating-point errors are exceptions.</summary>
    public const ulong Cr0NumericError = 1 << 5;

    /// <summary>WP: read-only pages are read-only for the kernel too.</summary>
    public const ulong Cr0WriteProtect = 1 << 16;

    /// <summary>AM: alignment can be checked.</summary>
    public const ulong Cr0AlignmentMask = 1 << 18;

    /// <summary>NW: caches do not write through.</summary>
    public const ulong Cr0NotWriteThrough = 1 << 29;

    /// <summary>CD: caches are off.</summary>
    public const ulong Cr0CacheDisable = 1 << 30;

    /// <summary>PG: paging.</summary>
    public const ulong Cr0Paging = 1UL << 31;

    /// <summary>PSE: large pages of 32-bit paging.</summary>
    public const ulong Cr4LargePages = 1 << 4;

    /// <summary>PAE: page-table entries of 64 bits.</summary>
    public const ulong Cr4PhysicalAddressExtension = 1 << 5;

    /// <summary>OSFXSR: SSE can be used.</summary>
    public const ulong Cr4Sse = 1 << 9;

    /// <summary>OSXMMEXCPT: SSE errors are exceptions.</summary>
    public const ulong Cr4SseExceptions = 1 << 10;

    /// <summary>LA57: five levels of page tables.</summary>
    public const ulong Cr4FiveLevels = 1 << 12;

    /// <summary>PCIDE: CR3 has a process-context identifier. Only 64-bit code can have it.</summary>
    public const ulong Cr4ProcessContexts = 1 << 17;

    /// <summary>SCE: SYSCALL can be used.</summary>
    public const ulong EferSystemCall = 1 << 0;

    /// <summary>LME: paging is long mode.</summary>
    public const ulong EferLongModeEnable = 1 << 8;

    /// <summary>LMA: the processor is in long mode.</summary>
    public const ulong EferLongModeActive = 1 << 10;

    /// <summary>NXE: pages can forbid execution.</summary>
    public const ulong EferNoExecute = 1 << 11;

    /// <summary>TF: each instruction ends with a trap.</summary>
    public const ulong FlagsTrap = 1 << 8;

    /// <summary>The x87 registers. The bit is always 1.</summary>
    public const ulong Xcr0X87 = 1 << 0;

    /// <summary>The SSE registers and MXCSR.</summary>
    public const ulong Xcr0Sse = 1 << 1;

    /// <summary>The AVX registers.</summary>
    public const ulong Xcr0Avx = 1 << 2;

    /// <summary>The registers of MPX. The bits are all 1 or all 0.</summary>
    public const ulong Xcr0Mpx = 0b11 << 3;

    /// <summary>The registers of AVX-512. The bits are all 1 or all 0.</summary>
    public const ulong Xcr0Avx512 = 0b111 << 5;

    /// <summary>PKRU, the rights of protection keys.</summary>
    public const ulong Xcr0ProtectionKeys = 1 << 9;

    /// <summary>The registers of AMX. The bits are all 1 or all 0.</summary>
    public const ulong Xcr0Amx = 0b11 << 17;
}
