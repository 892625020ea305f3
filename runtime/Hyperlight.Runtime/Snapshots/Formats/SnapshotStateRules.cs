using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots.Formats;

/// <summary>What the state of a guest that waits for a call must be (amd64 sheet, section 8.5, step 6): what is saved keeps to it, what is loaded has to.</summary>
internal static class SnapshotStateRules
{
    private const ulong StackAlignment = 16;

    /// <summary>The first rule that a snapshot in upstream's format breaks, as a sentence without its end; null when there is none.</summary>
    public static string? FindFault(SnapshotConfig config, GuestLayout layout)
    {
        ulong start = layout.SnapshotBase.Value;
        ulong size = config.Layout.SnapshotSize;
        ulong code = layout.SnapshotAbi!.HasEntryAndMsrs ? GuestLayout.RoundUpToPage(Math.Min(config.Layout.CodeSize, size)) : size;
        ulong original = config.OriginalEntrypointAddr ?? start;
        return config.EntrypointAddr - start >= code || original - start >= size
            ? $"calls enter at 0x{config.EntrypointAddr:X} and the guest did at 0x{original:X}, "
                + $"they may at {layout.SnapshotBase}-0x{start + code - 1:X} and {layout.SnapshotBase}-0x{start + size - 1:X}"
            : FindStackFault(config.StackTopGva, layout)
                ?? SnapshotRegisterRules.FindFault(config.Sregs, layout)
                ?? FindGenerationFault(config.SnapshotGeneration);
    }

    /// <summary>The first rule that a snapshot in our own format breaks, as a sentence without its end; null when there is none.</summary>
    public static string? FindFault(SdkSnapshotConfig config, MemoryMap map)
    {
        // Segments may start anywhere, and so may page tables that a guest without paging made itself. Others are the snapshot's.
        GuestLayout layout = map.Layout;
        bool is64Bit = layout.Paging == GuestPaging.FourLevel;
        ulong top = layout.ScratchTopGva.Value;
        bool isRoot = layout.Paging == GuestPaging.None ? config.Cr3 <= top : config.Cr3 == map.PageTables.Gpa.Value;
        return config.CallEntry > top || config.EntryPoint?.Value > top || !SnapshotRegisterRules.IsAddress(config.CallEntry, is64Bit)
            ? $"calls enter at 0x{config.CallEntry:X} and the guest did at {config.EntryPoint}, addresses end at {layout.ScratchTopGva}"
            : !isRoot || !SnapshotAnnotations.IsExtendedControl(config.Xcr0)
                ? $"its CR3 is 0x{config.Cr3:X} and its XCR0 0x{config.Xcr0:X}, which no processor of {layout} has that waits for a call"
                : FindStackFault(config.CallStack, layout)
                    ?? SnapshotRegisterRules.FindFault(config.Sregs, layout)
                    ?? FindGenerationFault(config.Generation)
                    ?? SnapshotMsrRules.FindFault(config.Msrs, config.AllowedMsrs, map)
                    ?? (config.Interrupts is { } interrupts ? SnapshotInterruptRules.FindFault(interrupts, config.Sregs.ApicBase) : null);
    }

    /// <summary>The rule that a number of snapshots breaks; null when there is none. The next ones are counted from it, and no guest was ever at half of all.</summary>
    private static string? FindGenerationFault(ulong generation) => generation > long.MaxValue
        ? $"its guest has been through {generation} snapshots, the most is {long.MaxValue}"
        : null;

    private static string? FindStackFault(ulong stack, GuestLayout layout) =>
        stack == 0 || stack > layout.ScratchTopGva.Value || stack % StackAlignment != 0
            ? $"calls get the stack 0x{stack:X}, which must be a multiple of {StackAlignment}, not 0, and at most {layout.ScratchTopGva}"
            : null;
}
