using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Registers survive the translation into KVM's structures and back.</summary>
public class KvmTranslationTests
{
    [Theory]
    [InlineData(null)]
    [InlineData((byte)0)]
    [InlineData((byte)63)]
    [InlineData((byte)64)]
    [InlineData((byte)255)]
    public void Special_registers_come_back_as_they_were(byte? interrupt)
    {
        SpecialRegisters registers = Numbered(interrupt);

        Assert.Equal(registers, new KvmSpecialRegisters(registers).ToNeutral());
    }

    /// <summary>
    /// <c>struct kvm_sregs</c> in <c>asm/kvm.h</c>: the segments, the tables, the control registers, the bitmap of interrupts.
    /// </summary>
    [Fact]
    public void Special_registers_lie_where_the_kernel_expects_them()
    {
        SpecialRegisters registers = Numbered(interrupt: 70);

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<KvmSpecialRegisters, ulong>([new KvmSpecialRegisters(registers)]);

        Segment[] segments = [registers.Cs, registers.Ds, registers.Es, registers.Fs, registers.Gs, registers.Ss, registers.Tr,
            registers.Ldt];
        for (int i = 0; i < segments.Length; i++)
        {
            Assert.Equal(segments[i].Base, words[i * 3]);
            Assert.Equal(
                segments[i].Limit | (ulong)segments[i].Selector << 32 | (ulong)segments[i].Type << 48 | (ulong)segments[i].Present << 56,
                words[(i * 3) + 1]);
            Assert.Equal(
                [segments[i].Dpl, segments[i].Db, segments[i].S, segments[i].L, segments[i].G, segments[i].Avl, segments[i].Unusable, 0],
                MemoryMarshal.AsBytes(words.Slice((i * 3) + 2, 1)).ToArray());
        }

        ulong[] rest =
        [
            registers.Gdt.Base, registers.Gdt.Limit, registers.Idt.Base, registers.Idt.Limit, registers.Cr0, registers.Cr2, registers.Cr3,
            registers.Cr4,
            registers.Cr8, registers.Efer, registers.ApicBase, 0, 1UL << 6, 0, 0,
        ];
        Assert.Equal(rest, words[24..].ToArray());
    }

    // Each field has a value of its own, so that two fields that change places are found.
    private static SpecialRegisters Numbered(byte? interrupt)
    {
        int next = 0x100;
        return new()
        {
            Cs = Segment(),
            Ds = Segment(),
            Es = Segment(),
            Fs = Segment(),
            Gs = Segment(),
            Ss = Segment(),
            Tr = Segment(),
            Ldt = Segment(),
            Gdt = new() { Base = (ulong)++next, Limit = (ushort)(next + 0x1000) },
            Idt = new() { Base = (ulong)++next, Limit = (ushort)(next + 0x1000) },
            Cr0 = (ulong)++next,
            Cr2 = (ulong)++next,
            Cr3 = (ulong)++next,
            Cr4 = (ulong)++next,
            Efer = (ulong)++next,
            Cr8 = (ulong)++next,
            ApicBase = (ulong)++next,
            Interrupt = interrupt,
        };

        Segment Segment()
        {
            byte first = (byte)(++next * 10);
            return new()
            {
                Base = (ulong)next,
                Limit = (uint)next + 0x2000,
                Selector = (ushort)(next + 0x3000),
                Type = first,
                Present = (byte)(first + 1),
                Dpl = (byte)(first + 2),
                Db = (byte)(first + 3),
                S = (byte)(first + 4),
                L = (byte)(first + 5),
                G = (byte)(first + 6),
                Avl = (byte)(first + 7),
                Unusable = (byte)(first + 8),
            };
        }
    }
}
