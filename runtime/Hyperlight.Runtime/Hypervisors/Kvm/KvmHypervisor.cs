using System.Collections.Immutable;
using Hyperlight.Memory;
using Hyperlight.Memory.Linux;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>KVM, the hypervisor of Linux.</summary>
/// <param name="devicePath">The path of KVM's device.</param>
internal sealed class KvmHypervisor(string devicePath = KvmPresence.DevicePath) : IHypervisor
{
    // One descriptor serves all machines. A failure is not remembered: loading the module helps at the next try.
    private readonly Lazy<KvmSystem> _system = new(() => KvmSystem.Open(devicePath), LazyThreadSafetyMode.PublicationOnly);

    /// <inheritdoc/>
    public string Name => KvmSystem.Name;

    /// <inheritdoc/>
    public MachineIdentity Identity => System.Identity;

    /// <inheritdoc/>
    public IHostMemory Memory { get; } = new LinuxHostMemory();

    /// <inheritdoc/>
    public uint MemorySlotCount => System.MemorySlotCount;

    /// <summary>Gets the opened device.</summary>
    /// <exception cref="HypervisorException">KVM cannot be used.</exception>
    public KvmSystem System => _system.Value;

    /// <inheritdoc/>
    public Finding? Check() => KvmPresence.Check(devicePath);

    /// <inheritdoc/>
    public Finding? CheckDebugging() => System.CheckDebugging();

    /// <inheritdoc/>
    public Finding? CheckRoom(int sandboxes) => SystemLimits.Check(sandboxes);

    /// <inheritdoc/>
    public IWaitableSignal CreateSignal() => new EventDescriptor();

    /// <inheritdoc/>
    public IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts) =>
        new KvmMachine(System, layout, MsrPolicy.For(System, allowedMsrs), hasInterrupts);
}
