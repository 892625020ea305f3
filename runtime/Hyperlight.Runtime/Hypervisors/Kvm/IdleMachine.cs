namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A virtual machine that no sandbox uses: without memory, without interrupts, its processor as new and kept from all model-specific registers.</summary>
/// <param name="Kind">What cannot be changed about it.</param>
/// <param name="Machine">The machine.</param>
/// <param name="Processor">Its processor.</param>
/// <param name="Msrs">What the model-specific registers were when the processor was created, and are now.</param>
internal sealed record IdleMachine(MachineKind Kind, KvmVm Machine, KvmVcpu Processor, KvmMsrEntry[] Msrs) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Processor.Dispose();
        Machine.Dispose();
    }
}
