using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Hyperlight.Files;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>
/// A hypervisor that counts what it is asked for, and leaves the work to another hypervisor. A test can let any request fail.
/// </summary>
internal sealed class WatchedHypervisor : IHypervisor
{
    private readonly IHypervisor _inner;
    private int _machines;

    public WatchedHypervisor(IHypervisor inner)
    {
        _inner = inner;
        Memory = new(this);
    }

    public int Machines => _machines;

    public WatchedMemory Memory { get; }

    /// <summary>
    /// Gets the name that the hypervisor and the states of its machines have; <c>null</c> for that of the other hypervisor.
    /// </summary>
    public string? Disguise { get; init; }

    /// <summary>
    /// Gets what is done before each request that a hypervisor or an operating system may refuse. The argument is the name of the request.
    /// An exception refuses the request.
    /// </summary>
    public Action<string>? Before { get; init; }

    /// <summary>Gets the reason why guests cannot be debugged; <c>null</c> for that of the other hypervisor.</summary>
    public Finding? Undebuggable { get; init; }

    /// <summary>Gets what runs each time the hypervisor is asked for its identity.</summary>
    public Action? Identified { get; init; }

    public MachineIdentity Identity
    {
        get
        {
            Identified?.Invoke();
            return _inner.Identity;
        }
    }

    public string Name => Disguise ?? _inner.Name;

    public uint MemorySlotCount => _inner.MemorySlotCount;

    IHostMemory IHypervisor.Memory => Memory;

    /// <summary>Gets the kinds of all exits of all machines.</summary>
    public List<VirtualMachineExitKind> Exits { get; } = [];

    public Finding? Check() => _inner.Check();

    public Finding? CheckDebugging() => Undebuggable ?? _inner.CheckDebugging();

    public Finding? CheckRoom(int sandboxes) => _inner.CheckRoom(sandboxes);

    public IWaitableSignal CreateSignal() => _inner.CreateSignal();

    public IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts)
    {
        Announce();
        _machines++;
        return new Machine(_inner.CreateMachine(layout, allowedMsrs, hasInterrupts), this);
    }

    private void Announce([CallerMemberName] string request = "") => Before?.Invoke(request);

    /// <summary>Memory that counts how often some is asked for.</summary>
    internal sealed class WatchedMemory(WatchedHypervisor hypervisor) : IHostMemory
    {
        private readonly IHostMemory _inner = hypervisor._inner.Memory;

        public int Count { get; private set; }

        /// <summary>Gets the count of the pieces that were allocated and are not disposed.</summary>
        public int OpenCount { get; private set; }

        /// <summary>Gets the piece that was allocated last; <c>null</c> before the first.</summary>
        public MappedMemory? Last { get; private set; }

        public MappedMemory Allocate(ulong size)
        {
            Ask();
            return Watch(_inner.Allocate(size));
        }

        public MappedMemory Allocate(ulong size, ReadOnlySpan<FilePart> parts)
        {
            Ask();
            return Watch(_inner.Allocate(size, parts));
        }

        public MemoryTemplate CreateTemplate(ulong size, ImmutableArray<TemplatePiece> pieces)
        {
            hypervisor.Announce();
            return _inner.CreateTemplate(size, pieces);
        }

        public MappedMemory Allocate(MemoryTemplate template)
        {
            Ask();
            return Watch(_inner.Allocate(template));
        }

        public MappedMemory MapReadOnly(SharedFile file, ulong length)
        {
            Ask();
            return _inner.MapReadOnly(file, length);
        }

        private void Ask([CallerMemberName] string request = "")
        {
            hypervisor.Announce(request);
            Count++;
        }

        private Mapping Watch(MappedMemory memory)
        {
            OpenCount++;
            Last = memory;
            return new(memory, hypervisor, () => OpenCount--);
        }
    }

    private sealed class Mapping(MappedMemory inner, WatchedHypervisor hypervisor, Action closed)
        : MappedMemory((nint)inner.Address, inner.Size, file: null, fileLength: 0)
    {
        public override IEnumerable<ulong> WrittenPages()
        {
            hypervisor.Announce();
            return inner.WrittenPages();
        }

        public override void Discard()
        {
            hypervisor.Announce();
            inner.Discard();
        }

        public override void Reset(MemoryTemplate template)
        {
            hypervisor.Announce();
            inner.Reset(template);
        }

        public override void MakeReadOnly()
        {
            hypervisor.Announce();
            inner.MakeReadOnly();
        }

        protected override bool ReleaseHandle()
        {
            inner.Dispose();
            closed();
            return true;
        }
    }

    private sealed class Machine(IVirtualMachine inner, WatchedHypervisor hypervisor) : IVirtualMachine
    {
        public long TicksInGuest => inner.TicksInGuest;

        public ulong TscFrequency => inner.TscFrequency;

        public bool EndsWrites => inner.EndsWrites;

        public ISignal? TimerLine => inner.TimerLine;

        public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
        {
            hypervisor.Announce();
            inner.Map(slot, address, memory, permissions);
        }

        public void Unmap(uint slot)
        {
            hypervisor.Announce();
            inner.Unmap(slot);
        }

        public void Start(GuestPhysicalAddress pageTables)
        {
            hypervisor.Announce();
            inner.Start(pageTables);
        }

        public GeneralRegisters GetRegisters()
        {
            hypervisor.Announce();
            return inner.GetRegisters();
        }

        public void SetRegisters(in GeneralRegisters registers)
        {
            hypervisor.Announce();
            inner.SetRegisters(registers);
        }

        public void ResetFloatingPoint()
        {
            hypervisor.Announce();
            inner.ResetFloatingPoint();
        }

        public ProcessorState GetState()
        {
            hypervisor.Announce();
            return inner.GetState() with { Hypervisor = hypervisor.Name };
        }

        public void SetState(ProcessorState state)
        {
            hypervisor.Announce();
            inner.SetState(state);
        }

        public void Commit()
        {
            hypervisor.Announce();
            inner.Commit();
        }

        public ProcessorRegisters GetAllRegisters()
        {
            hypervisor.Announce();
            return inner.GetAllRegisters();
        }

        public void Settle()
        {
            hypervisor.Announce();
            inner.Settle();
        }

        public VirtualMachineExit Run()
        {
            hypervisor.Announce();
            VirtualMachineExit exit = inner.Run();
            hypervisor.Exits.Add(exit.Kind);
            return exit;
        }

        public void SetDebugging(DebugMode mode) => inner.SetDebugging(mode);

        public void AnswerWithOnes() => inner.AnswerWithOnes();

        public void Cancel() => inner.Cancel();

        public void ClearCancel() => inner.ClearCancel();

        public void Dispose() => inner.Dispose();
    }
}
