using Hyperlight.Addresses;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Checks the state of a guest that waits for a call (amd64 sheet, section 8.5, step 6). Saved states follow these rules, and loaded states
/// must.
/// </summary>
internal static class SnapshotStateRules
{
    private const ulong StackAlignment = 16;

    /// <summary>
    /// Finds the first rule that a snapshot in upstream's format breaks. Returns a sentence without its end, or <c>null</c> if no rule is
    /// broken.
    /// </summary>
    /// <param name="config">The config.</param>
    /// <param name="registers">The registers of the config. CR3 may be missing.</param>
    /// <param name="layout">The layout of the guest.</param>
    public static string? FindFault(SnapshotConfig config, in SpecialRegisters registers, GuestLayout layout)
    {
        ulong start = layout.SnapshotBase.Value;
        ulong size = config.Layout.SnapshotSize;
        ulong code = layout.SnapshotAbi!.HasEntryAndMsrs ? GuestLayout.RoundUpToPage(Math.Min(config.Layout.CodeSize, size)) : size;
        ulong original = config.OriginalEntrypointAddr ?? start;
        return config.EntrypointAddr - start >= code || original - start >= size
            ? $"calls begin at 0x{config.EntrypointAddr:X} and the guest began at 0x{original:X}, "
                + $"allowed are {new AddressRange<GuestPhysicalAddress>(layout.SnapshotBase, code)} and "
                + $"{new AddressRange<GuestPhysicalAddress>(layout.SnapshotBase, size)}"
            : FindStackFault(config.StackTopGva, layout)
                ?? SnapshotRegisterRules.FindFault(registers, layout)
                ?? FindGenerationFault(config.SnapshotGeneration);
    }

    /// <summary>
    /// Finds the first rule that a snapshot in our own format breaks. Returns a sentence without its end, or <c>null</c> if no rule is
    /// broken.
    /// </summary>
    public static string? FindFault(SdkSnapshotConfig config, MemoryMap map)
    {
        // Segments may start at any address, and so may page tables that a guest of a layout without paging made itself. In a layout with
        // paging the tables are those of the snapshot.
        GuestLayout layout = map.Layout;
        bool is64Bit = layout.Paging == GuestPaging.FourLevel;
        ulong top = layout.ScratchTopGva.Value;
        bool isRoot = layout.Paging == GuestPaging.None ? config.Cr3 <= top : config.Cr3 == map.PageTables.Gpa.Value;
        return config.CallEntry > top || config.EntryPoint?.Value > top || !SnapshotRegisterRules.IsAddress(config.CallEntry, is64Bit)
            ? $"calls begin at 0x{config.CallEntry:X} and the guest began at {config.EntryPoint}, addresses end at {layout.ScratchTopGva}"
            : !isRoot || !SnapshotAnnotations.IsExtendedControl(config.Xcr0)
                ? $"its CR3 is 0x{config.Cr3:X} and its XCR0 0x{config.Xcr0:X}, which no processor of {layout} has between calls"
                : FindStackFault(config.CallStack, layout)
                    ?? SnapshotRegisterRules.FindFault(SavedProcessor.FromSaved(config.Sregs, config.Cr3), layout)
                    ?? FindGenerationFault(config.Generation)
                    ?? SnapshotMsrRules.FindFault(config.Msrs, config.AllowedMsrs, map)
                    ?? (config.Interrupts is { } interrupts ? SnapshotInterruptRules.FindFault(interrupts, layout) : null);
    }

    /// <summary>
    /// Checks how many snapshots the guest has been through. The limit is half of all numbers, so that later snapshots can be counted.
    /// </summary>
    private static string? FindGenerationFault(ulong generation) => generation > long.MaxValue
        ? $"its guest has been through {generation} snapshots, the most is {long.MaxValue}"
        : null;

    private static string? FindStackFault(ulong stack, GuestLayout layout) =>
        stack == 0 || stack > layout.ScratchTopGva.Value || stack % StackAlignment != 0
            ? $"calls get the stack 0x{stack:X}, which must be a multiple of {StackAlignment}, not 0, and at most {layout.ScratchTopGva}"
            : null;
}
