using System.Collections.Immutable;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>What a processor keeps from call to call, beside the general, floating-point and debug registers, which no call finds as the last left them.</summary>
/// <param name="Special">Segment, table and control registers.</param>
/// <param name="ExtendedControl">XCR0: without it, a guest that had enabled AVX would find it gone although CR4 says otherwise.</param>
/// <param name="Msrs">The model-specific registers that the guest could change.</param>
internal sealed record ProcessorState(KvmSpecialRegisters Special, ulong ExtendedControl, ImmutableArray<KvmMsrEntry> Msrs)
{
    /// <summary>The interrupt controllers, null where the guest has none.</summary>
    public InterruptState? Interrupts { get; init; }
}
