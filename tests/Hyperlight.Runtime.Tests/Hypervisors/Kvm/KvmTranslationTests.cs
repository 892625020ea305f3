using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Registers survive the translation into KVM's structures and back.</summary>
public class KvmTranslationTests
{
    private const ulong ApicBase = 0xFEE0_0900;

    [Theory]
    [InlineData(null)]
    [InlineData((byte)0)]
    [InlineData((byte)63)]
    [InlineData((byte)64)]
    [InlineData((byte)255)]
    public void Special_registers_come_back_as_they_were(byte? interrupt)
    {
        SpecialRegisters registers = Numbered();

        KvmSpecialRegisters translated = new(registers, Handed(interrupt));

        Assert.Equal(registers, translated.ToNeutral());
        Assert.Equal((ApicBase, interrupt), (translated.ApicBase, translated.FindInterrupt()));
    }

    /// <summary>
    /// <c>struct kvm_sregs</c> in <c>asm/kvm.h</c>: the segments, the tables, the control registers, the bitmap of interrupts.
    /// </summary>
    [Fact]
    public void Special_registers_lie_where_the_kernel_expects_them()
    {
        SpecialRegisters registers = Numbered();

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<KvmSpecialRegisters, ulong>([new KvmSpecialRegisters(registers, Handed(70))]);

        Segment[] segments = [registers.Cs, registers.Ds, registers.Es, registers.Fs, registers.Gs, registers.Ss, registers.Tr,
            registers.Ldt];
        for (int i = 0; i < segments.Length; i++)
        {
            Assert.Equal(segments[i].Base, words[i * 3]);
            Assert.Equal(
                segments[i].Limit | (ulong)segments[i].Selector << 32 | (ulong)segments[i].Type << 48 | (ulong)segments[i].Present << 56,
                words[(i * 3) + 1]);
            Assert.Equal(
                [segments[i].Dpl, segments[i].Db, segments[i].S, segments[i].L, segments[i].G, segments[i].Avl, 0, 0],
                MemoryMarshal.AsBytes(words.Slice((i * 3) + 2, 1)).ToArray());
        }

        ulong[] rest =
        [
            registers.Gdt.Base, registers.Gdt.Limit, registers.Idt.Base, registers.Idt.Limit, registers.Cr0, registers.Cr2, registers.Cr3,
            registers.Cr4,
            registers.Cr8, registers.Efer, ApicBase, 0, 1UL << 6, 0, 0,
        ];
        Assert.Equal(rest, words[24..].ToArray());
    }

    /// <summary>KVM marks a register that no segment has been loaded into, and other hypervisors only leave the flag P out.</summary>
    [Fact]
    public void A_segment_that_is_not_present_is_unusable_and_the_other_way_round()
    {
        Segment absent = new() { Base = 0x1000, Limit = 0xFFFF, Type = 3, S = 1 };

        KvmSegment translated = new(absent);

        Assert.Equal(((byte)0, (byte)1), (translated.Present, translated.Unusable));
        Assert.Equal(absent, translated.ToNeutral());
        Assert.Equal(absent, (translated with { Present = 1 }).ToNeutral());
        Assert.Equal(absent with { Present = 1 }, (translated with { Present = 1, Unusable = 0 }).ToNeutral());
    }

    [Fact]
    public void Without_interrupt_controllers_there_is_no_local_apic_and_no_interrupt()
    {
        KvmSpecialRegisters translated = new(Numbered());

        Assert.Equal((0UL, null), (translated.ApicBase, translated.FindInterrupt()));
    }

    private static InterruptState Handed(byte? interrupt) => new([], [], [], [], ApicBase, interrupt);

    // Each field has a value of its own, so that two fields that change places are found.
    private static SpecialRegisters Numbered()
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
            };
        }
    }
}
