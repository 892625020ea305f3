using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>What the state of a guest that waits for a call must be (amd64 sheet, section 8.5, step 6): what is saved keeps to it, what is loaded has to.</summary>
internal static class SnapshotStateRules
{
    private const ulong StackAlignment = 16;

    /// <summary>The first rule that a snapshot breaks, as a sentence without its end; null when there is none.</summary>
    public static string? FindFault(SnapshotConfig config, GuestLayout layout)
    {
        ulong start = layout.SnapshotBase.Value;
        ulong size = config.Layout.SnapshotSize;
        ulong code = layout.SnapshotAbi!.HasEntryAndMsrs ? GuestLayout.RoundUpToPage(Math.Min(config.Layout.CodeSize, size)) : size;
        ulong original = config.OriginalEntrypointAddr ?? start;
        if (config.EntrypointAddr - start >= code || original - start >= size)
        {
            return $"calls enter at 0x{config.EntrypointAddr:X} and the guest did at 0x{original:X}, "
                + $"they may at {layout.SnapshotBase}-0x{start + code - 1:X} and {layout.SnapshotBase}-0x{start + size - 1:X}";
        }

        return config.StackTopGva == 0 || config.StackTopGva > layout.ScratchTopGva.Value || config.StackTopGva % StackAlignment != 0
            ? $"calls get the stack 0x{config.StackTopGva:X}, which must be a multiple of {StackAlignment}, not 0, and at most {layout.ScratchTopGva}"
            : SnapshotRegisterRules.FindFault(config.Sregs);
    }

    /// <summary>The first rule that the model-specific registers break; null when there is none.</summary>
    public static string? FindFault(ImmutableArray<SnapshotMsr> registers) =>
        registers.Length > SnapshotAnnotations.MaxMsrs || registers.DistinctBy(register => register.Index).Count() != registers.Length
            ? $"it has {registers.Length} model-specific registers, some perhaps twice; there may be {SnapshotAnnotations.MaxMsrs}, each once"
            : null;
}
