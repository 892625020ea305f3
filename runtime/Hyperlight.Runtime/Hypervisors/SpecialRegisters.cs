namespace Hyperlight.Hypervisors;

/// <summary>The segment, table and control registers of an x86 processor, with values that do not depend on the hypervisor.</summary>
internal record struct SpecialRegisters
{
    public Segment Cs;
    public Segment Ds;
    public Segment Es;
    public Segment Fs;
    public Segment Gs;
    public Segment Ss;
    public Segment Tr;
    public Segment Ldt;
    public DescriptorTable Gdt;
    public DescriptorTable Idt;
    public ulong Cr0;
    public ulong Cr2;
    public ulong Cr3;
    public ulong Cr4;
    public ulong Cr8;
    public ulong Efer;
}
