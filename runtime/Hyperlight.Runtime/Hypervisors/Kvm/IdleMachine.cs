namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// A virtual machine that no sandbox uses. The machine has no memory and no interrupt controllers, its processor is in the state of a new
/// one, and its guest cannot use model-specific registers.
/// </summary>
/// <param name="Kind">The properties of the machine that cannot be changed.</param>
/// <param name="Machine">The machine.</param>
/// <param name="Processor">The processor of the machine.</param>
/// <param name="Msrs">
/// The values of the model-specific registers after the processor was created, which are the current ones as well.
/// </param>
internal sealed record IdleMachine(MachineKind Kind, KvmVm Machine, KvmVcpu Processor, KvmMsrEntry[] Msrs) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Processor.Dispose();
        Machine.Dispose();
    }
}
