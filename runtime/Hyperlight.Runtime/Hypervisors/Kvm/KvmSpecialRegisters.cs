using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary><c>struct kvm_sregs</c>: segment, table and control registers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmSpecialRegisters
{
    private const int BitsPerWord = 64;

    public KvmSegment Cs;
    public KvmSegment Ds;
    public KvmSegment Es;
    public KvmSegment Fs;
    public KvmSegment Gs;
    public KvmSegment Ss;
    public KvmSegment Tr;
    public KvmSegment Ldt;
    public KvmDescriptorTable Gdt;
    public KvmDescriptorTable Idt;
    public ulong Cr0;
    public ulong Cr2;
    public ulong Cr3;
    public ulong Cr4;
    public ulong Cr8;
    public ulong Efer;
    public ulong ApicBase;
    public InterruptBitmap Interrupts;

    /// <summary>Translates registers into KVM's. Without interrupt controllers the APIC base is 0: there is no local APIC.</summary>
    public KvmSpecialRegisters(in SpecialRegisters registers, InterruptState? interrupts = null)
    {
        Cs = new(registers.Cs);
        Ds = new(registers.Ds);
        Es = new(registers.Es);
        Fs = new(registers.Fs);
        Gs = new(registers.Gs);
        Ss = new(registers.Ss);
        Tr = new(registers.Tr);
        Ldt = new(registers.Ldt);
        Gdt = new(registers.Gdt);
        Idt = new(registers.Idt);
        Cr0 = registers.Cr0;
        Cr2 = registers.Cr2;
        Cr3 = registers.Cr3;
        Cr4 = registers.Cr4;
        Cr8 = registers.Cr8;
        Efer = registers.Efer;
        ApicBase = interrupts?.ApicBase ?? 0;
        if (interrupts?.Vector is { } vector)
        {
            Interrupts[vector / BitsPerWord] = 1UL << (vector % BitsPerWord);
        }
    }

    /// <summary>Translates KVM's registers, without those that belong to the state of the interrupt controllers.</summary>
    public readonly SpecialRegisters ToNeutral() => new()
    {
        Cs = Cs.ToNeutral(),
        Ds = Ds.ToNeutral(),
        Es = Es.ToNeutral(),
        Fs = Fs.ToNeutral(),
        Gs = Gs.ToNeutral(),
        Ss = Ss.ToNeutral(),
        Tr = Tr.ToNeutral(),
        Ldt = Ldt.ToNeutral(),
        Gdt = Gdt.ToNeutral(),
        Idt = Idt.ToNeutral(),
        Cr0 = Cr0,
        Cr2 = Cr2,
        Cr3 = Cr3,
        Cr4 = Cr4,
        Cr8 = Cr8,
        Efer = Efer,
    };

    /// <summary>Gets the vector of the interrupt that waits, or <c>null</c>. KVM lets one interrupt wait at most.</summary>
    public readonly byte? FindInterrupt()
    {
        ReadOnlySpan<ulong> words = Interrupts;
        int word = words.IndexOfAnyExcept(0UL);
        return word < 0 ? null : (byte)((word * BitsPerWord) + BitOperations.TrailingZeroCount(words[word]));
    }

    /// <summary>Gets the linear address of an instruction (Intel SDM volume 1, section 3.3.7): 64-bit code has no segment base.</summary>
    /// <param name="rip">The instruction pointer.</param>
    public readonly ulong Linear(ulong rip) => (Efer & ControlBits.EferLongModeActive) != 0 && Cs.L != 0 ? rip : (uint)(Cs.Base + rip);

    /// <summary>256 bits, one for each vector of an interrupt that waits.</summary>
    [InlineArray(4)]
    public struct InterruptBitmap
    {
        private ulong _first;
    }
}

/// <summary><c>struct kvm_segment</c>: a segment register with its hidden part.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmSegment
{
    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public byte Type;
    public byte Present;
    public byte Dpl;
    public byte Db;
    public byte S;
    public byte L;
    public byte G;
    public byte Avl;
    public byte Unusable;
    private readonly byte _padding;

    /// <summary>Translates a segment into KVM's.</summary>
    public KvmSegment(in Segment segment)
    {
        Base = segment.Base;
        Limit = segment.Limit;
        Selector = segment.Selector;
        Type = segment.Type;
        Present = segment.Present;
        Dpl = segment.Dpl;
        Db = segment.Db;
        S = segment.S;
        L = segment.L;
        G = segment.G;
        Avl = segment.Avl;
        Unusable = segment.Present == 0 ? (byte)1 : (byte)0;
    }

    /// <summary>Translates KVM's segment.</summary>
    public readonly Segment ToNeutral() => new()
    {
        Base = Base,
        Limit = Limit,
        Selector = Selector,
        Type = Type,
        Present = Unusable == 0 ? Present : (byte)0,
        Dpl = Dpl,
        Db = Db,
        S = S,
        L = L,
        G = G,
        Avl = Avl,
    };
}

/// <summary><c>struct kvm_dtable</c>: the register of a descriptor table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmDescriptorTable
{
    public ulong Base;
    public ushort Limit;
    private readonly ushort _padding0;
    private readonly uint _padding1;

    /// <summary>Translates a table into KVM's.</summary>
    public KvmDescriptorTable(DescriptorTable table)
    {
        Base = table.Base;
        Limit = table.Limit;
    }

    /// <summary>Translates KVM's table.</summary>
    public readonly DescriptorTable ToNeutral() => new() { Base = Base, Limit = Limit };
}
