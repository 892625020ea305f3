using System.Collections.Immutable;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The model-specific registers (MSRs) that a guest may use, and those that a restore sets back (amd64 sheet, section 11.3).
/// </summary>
internal sealed class MsrPolicy
{
    // SWAPGS changes this register without an MSR instruction, so that no filter keeps a guest from changing it.
    private const uint KernelGsBase = 0xC000_0102;

    // The time-stamp counter, the SMI counter, and Hyper-V's run time and reference counters, which change by themselves.
    private static readonly ImmutableArray<uint> Counters = [0x10, 0x34, 0x4000_0010, 0x4000_0020];

    private static readonly MsrPolicy DenyAll = Filtered([]);

    private MsrPolicy(ImmutableArray<uint> allowed, bool isFiltered, ImmutableArray<uint> saved)
    {
        Allowed = allowed;
        IsFiltered = isFiltered;
        Saved = saved;
    }

    /// <summary>Gets the registers that the guest is allowed to use.</summary>
    public ImmutableArray<uint> Allowed { get; }

    /// <summary>Gets whether KVM keeps the guest from all other registers.</summary>
    public bool IsFiltered { get; }

    /// <summary>Gets whether the guest can use no register at all. Unless the options allow registers, the guest can use none.</summary>
    public bool DeniesAll => IsFiltered && Allowed.IsEmpty;

    /// <summary>Gets the registers that the guest can change, as far as KVM can read them; first those of <see cref="Allowed"/>.</summary>
    public ImmutableArray<uint> Saved { get; }

    /// <summary>Creates the policy with a filter if KVM has filters, and without a filter otherwise.</summary>
    public static MsrPolicy For(KvmSystem system, ImmutableArray<uint> allowed) =>
        !system.HasMsrFilter ? Unfiltered(system, allowed) : allowed.IsEmpty ? DenyAll : Filtered(allowed);

    /// <summary>Creates a policy with a filter: using another register raises #GP in the guest.</summary>
    public static MsrPolicy Filtered(ImmutableArray<uint> allowed) => new(allowed, true, [.. allowed.Append(KernelGsBase).Distinct()]);

    /// <summary>Creates a policy without a filter: the guest can use each register that KVM lets guests use.</summary>
    public static MsrPolicy Unfiltered(KvmSystem system, ImmutableArray<uint> allowed) =>
        new(allowed, false, [.. allowed.Concat(system.GetMsrIndexList().Except(Counters)).Append(KernelGsBase).Distinct()]);

    /// <summary>Reads the registers of <see cref="Saved"/> that a new processor has.</summary>
    /// <exception cref="HyperlightException">KVM cannot set back one of the allowed registers.</exception>
    public KvmMsrEntry[] ReadInitial(KvmVcpu processor)
    {
        KvmMsrEntry[] registers = [.. Saved.Select(index => new KvmMsrEntry { Index = index })];
        int read = 0;
        while (true)
        {
            read += processor.GetMsrs(registers.AsSpan(read));
            if (read == registers.Length)
            {
                break;
            }

            // Without a filter KVM also lists registers that this processor does not have. Such a register cannot be allowed.
            registers = [.. registers[..read], .. registers[(read + 1)..]];
        }

        // KVM can set a register back if KVM accepts the register's current value.
        KvmMsrEntry[] allowed = [.. registers.Where(register => Allowed.Contains(register.Index))];
        int written = processor.SetMsrs(allowed);
        uint[] refused = [.. Allowed.Except(allowed.Take(written).Select(register => register.Index))];
        return refused.Length == 0 ? registers : throw new HyperlightException(
            $"The model-specific register 0x{refused[0]:X} cannot be given to a guest, because KVM on this machine cannot set it back: "
            + "remove it from AllowedMsrs.");
    }
}
