using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshots;

/// <summary>Translates the registers of a processor into those of a saved snapshot, and back.</summary>
internal static class SavedProcessor
{
    /// <summary>Translates registers into saved ones.</summary>
    public static SnapshotRegisters ToSaved(in SpecialRegisters registers) => new(
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
        ToBitmap(registers.Interrupt));

    /// <summary>Translates saved registers.</summary>
    /// <param name="saved">The registers. No interrupt waits in them.</param>
    /// <param name="cr3">CR3, which is not among the saved registers.</param>
    public static SpecialRegisters FromSaved(SnapshotRegisters saved, ulong cr3) => new()
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

    /// <summary>Translates model-specific registers into saved ones.</summary>
    public static ImmutableArray<SnapshotMsr> ToSaved(ImmutableArray<ModelSpecificRegister> registers) =>
        [.. registers.Select(register => new SnapshotMsr(register.Index, register.Value))];

    /// <summary>Translates saved model-specific registers.</summary>
    public static ImmutableArray<ModelSpecificRegister> FromSaved(ImmutableArray<SnapshotMsr> saved) =>
        [.. saved.Select(register => new ModelSpecificRegister(register.Index, register.Value))];

    /// <summary>Translates interrupt controllers into saved ones, without the unused room behind their registers.</summary>
    public static SnapshotInterrupts ToSaved(InterruptState state) => new(
        state.MasterPic[..SnapshotInterrupts.PicSize],
        state.SlavePic[..SnapshotInterrupts.PicSize],
        state.IoApic[..SnapshotInterrupts.IoApicSize],
        state.LocalApic[..SnapshotInterrupts.LocalApicSize]);

    /// <summary>Translates saved interrupt controllers.</summary>
    public static InterruptState FromSaved(SnapshotInterrupts saved) => new(saved.MasterPic, saved.SlavePic, saved.IoApic, saved.LocalApic);

    // 256 bits, one for each vector.
    private static ImmutableArray<ulong> ToBitmap(byte? vector)
    {
        ulong[] words = new ulong[4];
        if (vector is { } number)
        {
            words[number / 64] = 1UL << (number % 64);
        }

        return [.. words];
    }

    private static SnapshotSegment ToSaved(in Segment segment) => new(
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

    private static Segment FromSaved(in SnapshotSegment saved) => new()
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
