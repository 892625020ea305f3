using System.Collections.Immutable;
using System.Security.Cryptography;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Protocol;
using Hyperlight.Snapshots;

namespace Hyperlight.Machine;

/// <summary>
/// The machine of one guest: a virtual machine, the guest's memory, and the slots by which the hypervisor knows each piece of that memory. One thread at a
/// time uses the machine, except for <see cref="Cancel"/> and <see cref="Release"/>.
/// <code>
///   guest-physical    base │ layer │ layer │ …      │ region │     │ region │        │ scratch │
///   slot                     0       2                4              3                 1
///   owner                    GuestMemory.Layers       GuestMemory.Regions              GuestMemory.Scratch
/// </code>
/// </summary>
internal sealed partial class GuestMachine : IDisposable
{
    // RFLAGS has one bit that is always set.
    private const ulong CleanFlags = 0x2;

    // ZF asks the guest to flush what its processor remembers of the page tables before it does anything else (amd64 sheet, section 4.3).
    private const ulong FlushFlags = CleanFlags | (1 << 6);

    private const ulong StackAlignment = 16;

    private readonly MemoryMap _map;
    private readonly SandboxSettings _settings;
    private readonly ImmutableSortedDictionary<string, HostFunctionSignature> _hostFunctions;
    private readonly MemorySlots _slots;
    private readonly IVirtualMachine _virtual;
    private readonly GuestMemory _memory;

    // The slots of the memory's layers, in the order of the layers.
    private readonly List<uint> _layerSlots = [];
    private GeneralRegisters _callRegisters;

    /// <summary>Creates a virtual machine and gives it memory. The guest cannot run yet: call <see cref="Start"/> or <see cref="Load"/>.</summary>
    /// <param name="origin">Where the guest comes from.</param>
    /// <param name="map">Where everything lies in the guest's memory when it starts.</param>
    /// <param name="hostFunctions">The host functions that the guest can call, which snapshots record.</param>
    /// <param name="settings">The settings of the sandbox.</param>
    /// <param name="openMemory">Maps the memory. Called once there is a virtual machine, because nothing else says that there is no hypervisor.</param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or it refuses.</exception>
    public GuestMachine(
        GuestOrigin origin,
        MemoryMap map,
        ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions,
        SandboxSettings settings,
        Func<GuestMemory> openMemory)
    {
        _origin = origin;
        _map = map;
        _hostFunctions = hostFunctions;
        _settings = settings;
        _slots = new(settings.Hypervisor.MemorySlotCount);
        _virtual = settings.Hypervisor.CreateMachine(map.Layout, settings.AllowedMsrs, map.Sizes.HardwareInterrupts);
        try
        {
            _memory = openMemory();
            MapLayers(from: 0);
            MapSlot("the scratch region", map.Scratch.Gpa, _memory.Scratch, map.Scratch.Host);
            AttachCounter();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets where everything lies in the guest's memory when it starts.</summary>
    public MemoryMap Map => _map;

    /// <summary>Gets the buffer that the host writes to.</summary>
    public BufferStack Input => new("input", _memory.Input);

    /// <summary>Gets the buffer that the guest writes to.</summary>
    public BufferStack Output => new("output", _memory.Output);

    /// <summary>Gets the interrupt line of the guest's timer; <c>null</c> if the guest has no interrupts.</summary>
    public ISignal? TimerLine => _virtual.TimerLine;

    /// <summary>Gets how many pieces of memory the hypervisor has from this machine.</summary>
    public uint TakenSlotCount => _slots.TakenCount;

    /// <summary>Gets how long the processor has run the guest, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 unless this is measured.</summary>
    public long TicksInGuest => _virtual.TicksInGuest;

    /// <summary>Sets memory and processor for the guest's first instruction (amd64 sheet, sections 4.1 and 4.2; i686 sheet, sections 3.2 and 3.3).</summary>
    /// <param name="blob">The memory blob of the image.</param>
    public void Start(SharedFile blob)
    {
        _memory.PrepareScratch(blob);
        ResetBuffers();
        MapDeclared();
        _virtual.Start(_map.PageTables.Gpa);
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        _virtual.SetRegisters(new()
        {
            Rip = _origin.EntryPoint!.Value.Value,
            Rsp = _map.Layout.InitialStackPointer.Value,
            Rdi = _map.Peb.Gva.Value,
            Rsi = _settings.Seed ?? BitConverter.ToUInt64(random),
            Rdx = GuestLayout.PageSize,
            Rcx = (ulong)_settings.LogLevel,
            Rflags = CleanFlags,
        });
    }

    /// <summary>Learns from a guest that has finished its initialisation where calls begin.</summary>
    /// <exception cref="GuestProtocolException">The guest left a stack pointer that calls cannot use.</exception>
    public void ExpectCalls()
    {
        GeneralRegisters registers = _virtual.GetRegisters();
        if (registers.Rsp % StackAlignment != 0)
        {
            throw new GuestProtocolException(
                $"The guest ended its initialisation with the stack pointer 0x{registers.Rsp:X}, which calls cannot use: it must be a multiple of {StackAlignment}.");
        }

        _callRegisters = new() { Rip = registers.Rax, Rsp = registers.Rsp, Rflags = CleanFlags };
    }

    /// <summary>Sets the processor for a call. The message of the call is in <see cref="Input"/> already.</summary>
    public void BeginCall()
    {
        _current = null;
        _virtual.SetRegisters(_callRegisters);
        _virtual.ResetFloatingPoint();
    }

    /// <summary>Ends a call that ran to its end: what was asked of the guest for its first call after a restore has been done.</summary>
    public void EndCall() => _callRegisters.Rflags = CleanFlags;

    /// <summary>Makes the buffers between host and guest empty.</summary>
    public void ResetBuffers()
    {
        Input.Reset();
        Output.Reset();
    }

    /// <summary>Lets the guest go on until something needs the host.</summary>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    public VirtualMachineExit Run() => _virtual.Run();

    /// <summary>Answers the port read of the last exit with a one for each bit.</summary>
    public void AnswerWithOnes() => _virtual.AnswerWithOnes();

    /// <summary>Stops the current run, and each later one until <see cref="ClearCancel"/>. Any thread may call this before the machine is disposed.</summary>
    public void Cancel() => _virtual.Cancel();

    /// <summary>Forgets a cancel. Only between runs.</summary>
    public void ClearCancel() => _virtual.ClearCancel();

    /// <summary>Gets the address of the instruction at the last exit.</summary>
    public ulong InstructionPointer => _virtual.GetRegisters().Rip;

    /// <summary>Gets all registers that a debugger shows, as the last exit left them.</summary>
    public ProcessorRegisters GetAllRegisters() => _virtual.GetAllRegisters();

    /// <summary>Gets the name of the piece of memory at an address; <c>null</c> if there is no memory.</summary>
    public string? RegionAt(GuestPhysicalAddress address) => _memory.RegionAt(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        // First: the virtual machine uses the memory.
        _virtual.Dispose();
        if (_memory is not null)
        {
            _settings.Counter?.Detach(_memory.Scratch);
            _memory.Dispose();
        }
    }

    // i686 sheet, section 8.
    private void AttachCounter()
    {
        if (_settings.Counter is not { } counter)
        {
            return;
        }

        ulong offset = _map.Layout.CounterOffset ?? throw new HyperlightException(Rules.LayoutLacks.Found(
            $"the sandbox is given a counter, guests of the layout {_map.Layout.Id} have none: leave SandboxOptions.Counter unset, or call a function instead."));
        counter.Attach(_memory.Scratch, _memory.Scratch.Size - offset);
    }

    /// <summary>Shows the guest a piece of memory, under a slot that no other piece has.</summary>
    private uint MapSlot(string name, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        uint slot = _slots.Take() ?? throw new HyperlightException(Rules.NotMappable.Found(
            $"'{name}' would be one region too many, KVM takes {_slots.TakenCount} of a sandbox: unmap another one, or put several into one file."));
        try
        {
            _virtual.Map(slot, address, memory, permissions);
            return slot;
        }
        catch
        {
            _slots.Return(slot);
            throw;
        }
    }

    private void UnmapSlot(uint slot)
    {
        _virtual.Unmap(slot);
        _slots.Return(slot);
    }
}
