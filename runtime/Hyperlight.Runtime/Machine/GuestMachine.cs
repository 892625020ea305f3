using System.Security.Cryptography;
using Hyperlight.Functions;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Protocol;
using Hyperlight.Snapshots;

namespace Hyperlight.Machine;

/// <summary>
/// The machine of one guest: a virtual machine, the guest's memory, and the slots by which the hypervisor knows each piece of the memory.
/// One thread at a time may use the machine, except that any thread may call <see cref="Cancel"/> and <see cref="Release"/>.
/// <code>
///   guest-physical    base │ layer │ layer │ …      │ region │     │ region │        │ scratch │
///   kept in                  GuestMemory.Layers       GuestMemory.Regions              GuestMemory.Scratch
///   slot, for example        0       2                4              3                 1
/// </code>
/// </summary>
internal sealed partial class GuestMachine : IDisposable
{
    private const ulong CleanFlags = ResetValues.Rflags;

    // The zero flag asks the guest to begin a call by flushing the processor's translations (amd64 sheet, section 4.3).
    private const ulong FlushFlags = CleanFlags | (1 << 6);

    private const ulong StackAlignment = 16;

    // The origin of the guest that the machine was created for.
    private readonly GuestOrigin _created;

    private readonly MemoryMap _map;
    private readonly SandboxSettings _settings;
    private readonly OfferedFunctions _hostFunctions;
    private readonly MemorySlots _slots;
    private readonly IVirtualMachine _virtual;
    private readonly GuestMemory _memory;

    // The slots of the memory's layers, in the order of the layers.
    private readonly List<uint> _layerSlots = [];
    private GeneralRegisters _callRegisters;

    /// <summary>
    /// Creates a virtual machine with memory. Before the guest can run, <see cref="Start"/> or <see cref="Load"/> must be called.
    /// </summary>
    /// <param name="origin">The guest's name, entry point and image.</param>
    /// <param name="map">The guest's memory as the guest starts.</param>
    /// <param name="hostFunctions">The host functions that the guest can call, whose types snapshots record.</param>
    /// <param name="settings">The settings of the sandbox.</param>
    /// <param name="openMemory">
    /// Maps the memory. Called when the virtual machine has been created, so that a missing hypervisor is reported before anything is
    /// mapped.
    /// </param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or the hypervisor refuses.</exception>
    public GuestMachine(
        GuestOrigin origin,
        MemoryMap map,
        OfferedFunctions hostFunctions,
        SandboxSettings settings,
        Func<GuestMemory> openMemory)
    {
        _created = _origin = origin;
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

    /// <summary>Gets the guest's memory as the guest starts.</summary>
    public MemoryMap Map => _map;

    /// <summary>Gets the buffer that the host writes to.</summary>
    public BufferStack Input => new("input", _memory.Input);

    /// <summary>Gets the buffer that the guest writes to.</summary>
    public BufferStack Output => new("output", _memory.Output);

    /// <summary>Gets the interrupt line of the guest's timer, or <c>null</c> if the guest has no interrupts.</summary>
    public ISignal? TimerLine => _virtual.TimerLine;

    /// <summary>Gets the count of the slots that are in use.</summary>
    public uint TakenSlotCount => _slots.TakenCount;

    /// <inheritdoc cref="IVirtualMachine.TscFrequency"/>
    public ulong TscFrequency => _virtual.TscFrequency;

    /// <inheritdoc cref="IVirtualMachine.EndsWrites"/>
    public bool EndsWrites => _virtual.EndsWrites;

    /// <summary>
    /// Gets how long the processor has run the guest, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 unless this is measured.
    /// </summary>
    public long TicksInGuest => _virtual.TicksInGuest;

    /// <summary>
    /// Sets the processor for the first instruction of a new guest, whose entry point the origin has (amd64 sheet, sections 4.1 and 4.2;
    /// i686 sheet, sections 3.2 and 3.3).
    /// </summary>
    public void Start()
    {
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

    /// <summary>Reads the first instruction and the stack pointer of calls from the registers at the end of the initialisation.</summary>
    /// <exception cref="GuestProtocolException">Calls cannot use the guest's stack pointer.</exception>
    public void ExpectCalls()
    {
        GeneralRegisters registers = _virtual.GetRegisters();
        if (registers.Rsp % StackAlignment != 0)
        {
            throw new GuestProtocolException(
                $"The guest ended its initialisation with the stack pointer 0x{registers.Rsp:X}, which calls cannot use: it must be a "
                + $"multiple of {StackAlignment}.");
        }

        _callRegisters = new() { Rip = registers.Rax, Rsp = registers.Rsp, Rflags = CleanFlags };
    }

    /// <summary>Sets the processor for a call, whose message has been written to <see cref="Input"/>.</summary>
    public void BeginCall()
    {
        _current = null;
        _virtual.SetRegisters(_callRegisters);
        _virtual.ResetFloatingPoint();
    }

    /// <summary>Ends a call that ran to its end. The next call need not flush the processor's translations again.</summary>
    public void EndCall() => _callRegisters.Rflags = CleanFlags;

    /// <summary>
    /// Empties the buffers between host and guest. Those of a new guest are empty, and are written nevertheless: if a page was read first,
    /// the first write would replace the page, of which the kernel tells all machines of the process.
    /// </summary>
    public void ResetBuffers()
    {
        Input.Reset();
        Output.Reset();
    }

    /// <summary>Lets the guest go on until something needs the host.</summary>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    public VirtualMachineExit Run() => _virtual.Run();

    /// <summary>Answers the port read of the last exit with ones in all bits.</summary>
    public void AnswerWithOnes() => _virtual.AnswerWithOnes();

    /// <summary>
    /// Stops the current run and each later run until <see cref="ClearCancel"/>. Any thread may call this before the machine is disposed.
    /// </summary>
    public void Cancel() => _virtual.Cancel();

    /// <summary>Takes back a <see cref="Cancel"/>. To be called only between runs.</summary>
    public void ClearCancel() => _virtual.ClearCancel();

    /// <summary>Gets the address of the instruction at the last exit.</summary>
    public ulong InstructionPointer => _virtual.GetRegisters().Rip;

    /// <summary>Gets all registers that a debugger shows, as the last exit left them.</summary>
    public ProcessorRegisters GetAllRegisters() => _virtual.GetAllRegisters();

    /// <summary>Gets the name of the piece of memory at an address, or <c>null</c> if no memory is there.</summary>
    public string? RegionAt(GuestPhysicalAddress address) => _memory.RegionAt(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The virtual machine is disposed first, because it uses the memory.
        _virtual.Dispose();
        if (_memory is not null)
        {
            _settings.Counter?.Detach(_memory.Scratch);
            _memory.Dispose();
        }
    }

    // The counter of 32-bit guests (i686 sheet, section 8).
    private void AttachCounter()
    {
        if (_settings.Counter is not { } counter)
        {
            return;
        }

        ulong offset = _map.Layout.CounterOffset ?? throw new HyperlightException(Rules.LayoutLacks.Found(
            $"the sandbox is given a counter, guests of the layout {_map.Layout.Id} have none: leave SandboxOptions.Counter unset, or "
            + $"call a function instead."));
        counter.Attach(_memory.Scratch, _memory.Scratch.Size - offset);
    }

    /// <summary>Maps a piece of memory into the guest's memory.</summary>
    /// <returns>The slot of the piece.</returns>
    private uint MapSlot(string name, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        uint slot = _slots.Take() ?? throw new HyperlightException(Rules.NotMappable.Found(
            $"'{name}' cannot be mapped, a sandbox on this hypervisor has at most {_slots.TakenCount} pieces of memory: unmap another file "
            + $"or region, or put several into one file."));
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
