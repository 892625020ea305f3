using System.Collections.Immutable;
using Hyperlight.Hypervisors;

namespace Hyperlight.Snapshots.Formats;

/// <summary>Translates the state of a processor into the fields of a saved snapshot, and back.</summary>
internal static class SavedProcessor
{
    /// <summary>
    /// Translates registers into upstream's, whose fields for facts of one hypervisor follow from the others: a segment register is
    /// unusable if it is not present, no interrupt waits, and there is no local APIC.
    /// </summary>
    public static SnapshotRegisters ToUpstream(in SpecialRegisters registers) => new(
        ToUpstream(registers.Cs),
        ToUpstream(registers.Ds),
        ToUpstream(registers.Es),
        ToUpstream(registers.Fs),
        ToUpstream(registers.Gs),
        ToUpstream(registers.Ss),
        ToUpstream(registers.Tr),
        ToUpstream(registers.Ldt),
        ToSaved(registers.Gdt),
        ToSaved(registers.Idt),
        registers.Cr0,
        registers.Cr2,
        registers.Cr4,
        registers.Cr8,
        registers.Efer,
        ApicBase: 0,
        InterruptBitmap: [0, 0, 0, 0]);

    /// <summary>Translates registers into those of our own format.</summary>
    public static SdkSnapshotRegisters ToSdk(in SpecialRegisters registers) => new(
        ToSdk(registers.Cs),
        ToSdk(registers.Ds),
        ToSdk(registers.Es),
        ToSdk(registers.Fs),
        ToSdk(registers.Gs),
        ToSdk(registers.Ss),
        ToSdk(registers.Tr),
        ToSdk(registers.Ldt),
        ToSaved(registers.Gdt),
        ToSaved(registers.Idt),
        registers.Cr0,
        registers.Cr2,
        registers.Cr4,
        registers.Cr8,
        registers.Efer);

    /// <summary>Translates registers of upstream's format. Their APIC base is dropped: there is no local APIC.</summary>
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
        Gdt = FromSaved(saved.Gdt),
        Idt = FromSaved(saved.Idt),
        Cr0 = saved.Cr0,
        Cr2 = saved.Cr2,
        Cr3 = cr3,
        Cr4 = saved.Cr4,
        Cr8 = saved.Cr8,
        Efer = saved.Efer,
    };

    /// <summary>Translates registers of our own format.</summary>
    /// <param name="saved">The registers.</param>
    /// <param name="cr3">CR3, which is not among the saved registers.</param>
    public static SpecialRegisters FromSaved(SdkSnapshotRegisters saved, ulong cr3) => new()
    {
        Cs = FromSaved(saved.Cs),
        Ds = FromSaved(saved.Ds),
        Es = FromSaved(saved.Es),
        Fs = FromSaved(saved.Fs),
        Gs = FromSaved(saved.Gs),
        Ss = FromSaved(saved.Ss),
        Tr = FromSaved(saved.Tr),
        Ldt = FromSaved(saved.Ldt),
        Gdt = FromSaved(saved.Gdt),
        Idt = FromSaved(saved.Idt),
        Cr0 = saved.Cr0,
        Cr2 = saved.Cr2,
        Cr3 = cr3,
        Cr4 = saved.Cr4,
        Cr8 = saved.Cr8,
        Efer = saved.Efer,
    };

    /// <summary>Translates model-specific registers into saved ones.</summary>
    public static ImmutableArray<SnapshotMsr> ToSaved(ImmutableArray<ModelSpecificRegister> registers) =>
        [.. registers.Select(register => new SnapshotMsr(register.Index, register.Value))];

    /// <summary>Translates saved model-specific registers.</summary>
    public static ImmutableArray<ModelSpecificRegister> FromSaved(ImmutableArray<SnapshotMsr> saved) =>
        [.. saved.Select(register => new ModelSpecificRegister(register.Index, register.Value))];

    /// <summary>Translates interrupt controllers into saved ones, without the unused room behind their registers.</summary>
    /// <param name="state">The controllers. They have handed no interrupt to the processor.</param>
    public static SnapshotInterrupts ToSaved(InterruptState state) => new(
        state.MasterPic[..SnapshotInterrupts.PicSize],
        state.SlavePic[..SnapshotInterrupts.PicSize],
        state.IoApic[..SnapshotInterrupts.IoApicSize],
        state.LocalApic[..SnapshotInterrupts.LocalApicSize],
        state.ApicBase);

    /// <summary>Translates saved interrupt controllers.</summary>
    public static InterruptState FromSaved(SnapshotInterrupts saved) =>
        new(saved.MasterPic, saved.SlavePic, saved.IoApic, saved.LocalApic, saved.ApicBase, Vector: null);

    private static SnapshotTable ToSaved(DescriptorTable table) => new(table.Base, table.Limit);

    private static DescriptorTable FromSaved(SnapshotTable saved) => new() { Base = saved.Base, Limit = saved.Limit };

    private static SdkSnapshotSegment ToSdk(in Segment segment) => new(
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
        segment.Avl);

    private static SnapshotSegment ToUpstream(in Segment segment) => new(
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
        Unusable: segment.Present == 0 ? (byte)1 : (byte)0,
        Padding: 0);

    private static Segment FromSaved(in SdkSnapshotSegment saved) => new()
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
    };

    private static Segment FromSaved(in SnapshotSegment saved) => new()
    {
        Base = saved.Base,
        Limit = saved.Limit,
        Selector = saved.Selector,
        Type = saved.Type,
        Present = saved.Unusable == 0 ? saved.Present : (byte)0,
        Dpl = saved.Dpl,
        Db = saved.Db,
        S = saved.S,
        L = saved.L,
        G = saved.G,
        Avl = saved.Avl,
    };
}
