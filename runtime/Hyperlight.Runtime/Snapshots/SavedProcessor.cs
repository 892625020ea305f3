using System.Collections.Immutable;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Images;

namespace Hyperlight.Snapshots;

/// <summary>A processor's registers in KVM's words and in those of a snapshot on disk.</summary>
internal static class SavedProcessor
{
    /// <summary>As they are saved.</summary>
    public static SnapshotRegisters ToSaved(in KvmSpecialRegisters registers) => new(
        ToSaved(registers.Cs),
        ToSaved(registers.Ds),
        ToSaved(registers.Es),
        ToSaved(registers.Fs),
        ToSaved(registers.Gs),
        ToSaved(registers.Ss),
        ToSaved(registers.Tr),
        ToSaved(registers.Ldt),
        new(registers.Gdt.Base, registers.Gdt.Limit),
        new(registers.Idt.Base, registers.Idt.Limit),
        registers.Cr0,
        registers.Cr2,
        registers.Cr4,
        registers.Cr8,
        registers.Efer,
        registers.ApicBase,
        [.. (ReadOnlySpan<ulong>)registers.Interrupts]);

    /// <summary>As KVM takes them.</summary>
    /// <param name="saved">The registers. No interrupt waits in them.</param>
    /// <param name="cr3">CR3, which is not among them.</param>
    public static KvmSpecialRegisters FromSaved(SnapshotRegisters saved, ulong cr3) => new()
    {
        Cs = FromSaved(saved.Cs),
        Ds = FromSaved(saved.Ds),
        Es = FromSaved(saved.Es),
        Fs = FromSaved(saved.Fs),
        Gs = FromSaved(saved.Gs),
        Ss = FromSaved(saved.Ss),
        Tr = FromSaved(saved.Tr),
        Ldt = FromSaved(saved.Ldt),
        Gdt = new() { Base = saved.Gdt.Base, Limit = saved.Gdt.Limit },
        Idt = new() { Base = saved.Idt.Base, Limit = saved.Idt.Limit },
        Cr0 = saved.Cr0,
        Cr2 = saved.Cr2,
        Cr3 = cr3,
        Cr4 = saved.Cr4,
        Cr8 = saved.Cr8,
        Efer = saved.Efer,
        ApicBase = saved.ApicBase,
    };

    /// <summary>As they are saved.</summary>
    public static ImmutableArray<SnapshotMsr> ToSaved(ImmutableArray<KvmMsrEntry> registers) =>
        [.. registers.Select(register => new SnapshotMsr(register.Index, register.Value))];

    /// <summary>As KVM takes them.</summary>
    public static ImmutableArray<KvmMsrEntry> FromSaved(ImmutableArray<SnapshotMsr> saved) =>
        [.. saved.Select(register => new KvmMsrEntry { Index = register.Index, Value = register.Value })];

    /// <summary>As they are saved: without the room that KVM leaves for controllers which have more to say.</summary>
    public static SnapshotInterrupts ToSaved(InterruptState state) => new(
        state.MasterPic[..SnapshotInterrupts.PicSize],
        state.SlavePic[..SnapshotInterrupts.PicSize],
        state.IoApic[..SnapshotInterrupts.IoApicSize],
        state.LocalApic[..SnapshotInterrupts.LocalApicSize]);

    /// <summary>As KVM takes them.</summary>
    public static InterruptState FromSaved(SnapshotInterrupts saved) => new(saved.MasterPic, saved.SlavePic, saved.IoApic, saved.LocalApic);

    private static SnapshotSegment ToSaved(in KvmSegment segment) => new(
        segment.Base,
        segment.Limit,
        segment.Selector,
        segment.Type,
        segment.Present,
        segment.Dpl,
        segment.Db,
        segment.S,
        segment.L,
        segment.G,
        segment.Avl,
        segment.Unusable,
        Padding: 0);

    private static KvmSegment FromSaved(in SnapshotSegment saved) => new()
    {
        Base = saved.Base,
        Limit = saved.Limit,
        Selector = saved.Selector,
        Type = saved.Type,
        Present = saved.Present,
        Dpl = saved.Dpl,
        Db = saved.Db,
        S = saved.S,
        L = saved.L,
        G = saved.G,
        Avl = saved.Avl,
        Unusable = saved.Unusable,
    };
}
