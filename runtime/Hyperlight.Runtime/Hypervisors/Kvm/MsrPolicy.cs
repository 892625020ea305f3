using System.Collections.Immutable;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>Which model-specific registers (MSRs) a guest may use, and which a restore sets back (amd64 sheet, section 11.3).</summary>
internal sealed class MsrPolicy
{
    /// <summary>The most that can be allowed, KVM's limit for ranges of a filter.</summary>
    public const int MaxAllowed = SnapshotMsrRules.MaxAllowed;

    // SWAPGS changes it without an MSR instruction, so that no filter keeps a guest from it.
    private const uint KernelGsBase = 0xC000_0102;

    // The time-stamp counter, the SMI counter, and Hyper-V's run time and reference counters: they change by themselves.
    private static readonly ImmutableArray<uint> Counters = [0x10, 0x34, 0x4000_0010, 0x4000_0020];

    private MsrPolicy(ImmutableArray<uint> allowed, bool isFiltered, ImmutableArray<uint> saved)
    {
        Allowed = allowed;
        IsFiltered = isFiltered;
        Saved = saved;
    }

    /// <summary>What was asked for.</summary>
    public ImmutableArray<uint> Allowed { get; }

    /// <summary>Whether KVM keeps the guest from all others.</summary>
    public bool IsFiltered { get; }

    /// <summary>Whether the guest can use none at all, as guests that are not said to need some.</summary>
    public bool DeniesAll => IsFiltered && Allowed.IsEmpty;

    /// <summary>What the guest can change, as far as KVM can read it: <see cref="Allowed"/> first.</summary>
    public ImmutableArray<uint> Saved { get; }

    /// <summary>The best there is: a filter where KVM has one.</summary>
    public static MsrPolicy For(KvmSystem system, ImmutableArray<uint> allowed) => system.HasMsrFilter ? Filtered(allowed) : Unfiltered(system, allowed);

    /// <summary>The guest gets #GP for all others.</summary>
    public static MsrPolicy Filtered(ImmutableArray<uint> allowed) => new(allowed, true, [.. allowed.Append(KernelGsBase).Distinct()]);

    /// <summary>The guest can use what KVM lets every guest use.</summary>
    public static MsrPolicy Unfiltered(KvmSystem system, ImmutableArray<uint> allowed) =>
        new(allowed, false, [.. allowed.Concat(system.GetMsrIndexList().Except(Counters)).Append(KernelGsBase).Distinct()]);
}
