using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>A hypervisor that counts what it is asked for, and leaves the work to another hypervisor.</summary>
internal sealed class WatchedHypervisor(IHypervisor inner) : IHypervisor
{
    private int _machines;

    public int Machines => _machines;

    public WatchedMemory Memory { get; } = new(inner.Memory);

    /// <summary>Gets the identity that the hypervisor says it has; <c>null</c> for that of the other hypervisor.</summary>
    public MachineIdentity? Disguise { get; init; }

    public MachineIdentity Identity => Disguise ?? inner.Identity;

    public string Name => inner.Name;

    public uint MemorySlotCount => inner.MemorySlotCount;

    IHostMemory IHypervisor.Memory => Memory;

    /// <summary>Gets the kinds of all exits of all machines.</summary>
    public List<VirtualMachineExitKind> Exits { get; } = [];

    public Finding? Check() => inner.Check();

    public IWaitableSignal CreateSignal() => inner.CreateSignal();

    public IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts)
    {
        _machines++;
        return new Machine(inner.CreateMachine(layout, allowedMsrs, hasInterrupts), this);
    }

    /// <summary>Memory that counts how often some is asked for.</summary>
    internal sealed class WatchedMemory(IHostMemory inner) : IHostMemory
    {
        public int Count { get; private set; }

        public MappedMemory Allocate(ulong size)
        {
            Count++;
            return inner.Allocate(size);
        }

        public MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts)
        {
            Count++;
            return inner.Allocate(size, parts);
        }

        public MappedMemory MapReadOnly(SharedFile file, ulong length)
        {
            Count++;
            return inner.MapReadOnly(file, length);
        }
    }

    private sealed class Machine(IVirtualMachine inner, WatchedHypervisor hypervisor) : IVirtualMachine
    {
        public long TicksInGuest => inner.TicksInGuest;

        public ISignal? TimerLine => inner.TimerLine;

        public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions) =>
            inner.Map(slot, address, memory, permissions);

        public void Unmap(uint slot) => inner.Unmap(slot);

        public void Start(GuestPhysicalAddress pageTables) => inner.Start(pageTables);

        public GeneralRegisters GetRegisters() => inner.GetRegisters();

        public void SetRegisters(in GeneralRegisters registers) => inner.SetRegisters(registers);

        public void ResetFloatingPoint() => inner.ResetFloatingPoint();

        public ProcessorState GetState() => inner.GetState();

        public void SetState(ProcessorState state) => inner.SetState(state);

        public void Commit() => inner.Commit();

        public ProcessorRegisters GetAllRegisters() => inner.GetAllRegisters();

        public void Settle() => inner.Settle();

        public VirtualMachineExit Run()
        {
            VirtualMachineExit exit = inner.Run();
            hypervisor.Exits.Add(exit.Kind);
            return exit;
        }

        public void AnswerWithOnes() => inner.AnswerWithOnes();

        public void Cancel() => inner.Cancel();

        public void ClearCancel() => inner.ClearCancel();

        public void Dispose() => inner.Dispose();
    }
}
