using System.Collections.Immutable;

namespace Hyperlight.Hypervisors;

/// <summary>
/// The registers that a processor keeps from call to call. General, floating-point and debug registers are not part of the state: each call
/// sets or resets them.
/// </summary>
/// <param name="Machine">The computer that the state is bound to.</param>
/// <param name="Hypervisor">
/// The name of the hypervisor that the state was taken on. Only <see cref="Interrupts"/> is bound to the hypervisor.
/// </param>
/// <param name="Special">The segment, table and control registers.</param>
/// <param name="ExtendedControl">XCR0. Without XCR0, a guest that had enabled AVX would find AVX gone although CR4 says otherwise.</param>
/// <param name="Msrs">The model-specific registers that the guest could change.</param>
internal sealed record ProcessorState(
    MachineIdentity Machine,
    string Hypervisor,
    SpecialRegisters Special,
    ulong ExtendedControl,
    ImmutableArray<ModelSpecificRegister> Msrs)
{
    /// <summary>Gets the state of the interrupt controllers; <c>null</c> if the guest has none.</summary>
    public InterruptState? Interrupts { get; init; }
}
