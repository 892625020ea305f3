using System.Collections.Immutable;
using System.Security.Cryptography;
using Hyperlight.Calls;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Printing;
using Hyperlight.Protocol;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// A guest in a virtual machine of its own, ready to be called. It keeps its memory from call to call. One call at a time: another one
/// meanwhile is refused, not queued; use as many sandboxes as there are threads. It may be used from any thread.
/// </summary>
public sealed partial class Sandbox : IDisposable
{
    // RFLAGS has one bit that is always set.
    private const ulong CleanFlags = 0x2;
    private const ulong StackAlignment = 16;

    private const uint ScratchSlot = 1;

    private readonly string _name;
    private readonly SandboxSettings _settings;
    private readonly MemoryMap _map;
    private readonly ImmutableArray<uint> _allowedMsrs;
    private readonly GuestMemory _memory;
    private readonly IVirtualMachine _machine;
    private CallGate _gate;
    private readonly HostFunctionTable _hostFunctions;
    private readonly ImmutableSortedDictionary<string, HostFunctionSignature> _signatures;
    private readonly AbortMessage _abort = new();
    private readonly DebugConsole _debug;
    private readonly GuestLog _log;
    private readonly GuestPrinter _printer;

    // What the guest sent, out of its reach. Grows to the longest message so far.
    private byte[] _received = new byte[512];
    private GeneralRegisters _callRegisters;
    private volatile string? _poison;
    private volatile bool _isUnrecoverable;
    private bool _counted;

    /// <summary>Starts a guest and runs its initialisation.</summary>
    internal Sandbox(
        string name,
        MemoryMap map,
        GuestVirtualAddress entryPoint,
        SharedFile blob,
        SandboxOptions options,
        CancellationToken cancellationToken,
        string? imageDigest = null)
        : this(new GuestOrigin(name, entryPoint, imageDigest), map, SandboxSettings.Of(options), () => new(map, blob, options.Hypervisor.Memory))
    {
        try
        {
            Initialize(blob, entryPoint, cancellationToken);
            ExpectCalls();
            Count();
        }
        catch
        {
            Free();
            throw;
        }
    }

    /// <summary>Goes on where a snapshot was taken.</summary>
    internal Sandbox(SnapshotContent snapshot, SandboxOptions options)
        : this(snapshot.Origin, snapshot.Map, SandboxSettings.Of(options), () => new(snapshot.Map, snapshot.Memory.ShareLayers([], options.Hypervisor.Memory), options.Hypervisor.Memory))
    {
        try
        {
            CheckFits(snapshot);
            Fill(snapshot);
            Apply(snapshot);
            MapDeclared();
            Count();
        }
        catch
        {
            Free();
            throw;
        }
    }

    private Sandbox(GuestOrigin origin, MemoryMap map, SandboxSettings settings, Func<GuestMemory> openMemory)
    {
        _name = origin.Name;
        _origin = origin;
        _settings = settings;
        _map = map;

        // Before memory is mapped: where there is no hypervisor, this says so. The memory would ask for calls of Linux.
        _allowedMsrs = settings.AllowedMsrs;
        _regionSlots = new(settings.Hypervisor.MemorySlotCount);
        _log = new(_name, settings);
        _printer = new(_name, settings, _log);
        ImmutableSortedDictionary<string, HostFunction> functions = settings.HostFunctions.ContainsKey(HostPrint)
            ? settings.HostFunctions
            : settings.HostFunctions.Add(HostPrint, new([GuestValueKind.String], GuestValueKind.Int, (arguments, _) => Print(arguments[0].AsString())));
        _hostFunctions = new(_name, functions, _log);
        _signatures = functions.ToImmutableSortedDictionary(pair => pair.Key, pair => new HostFunctionSignature(pair.Value), StringComparer.Ordinal);
        _debug = new(_printer.DebugPrint);
        _memory = openMemory();
        try
        {
            _machine = settings.Hypervisor.CreateMachine(map.Layout, _allowedMsrs, map.Sizes.HardwareInterrupts);
            _timer = _machine.TimerLine is { } line ? new(settings.Ticker, line) : null;
            _gate = new(_machine, settings.Watchdog);
            MapLayers(before: []);
            _machine.Map(ScratchSlot, map.Scratch.Gpa, _memory.Scratch, map.Scratch.Host);
            AttachCounter();
        }
        catch
        {
            Free();
            throw;
        }
    }

    /// <summary>What the sandbox can be used for now.</summary>
    public SandboxState State =>
        _gate.IsDisposed ? SandboxState.Disposed
        : _isUnrecoverable ? SandboxState.Unrecoverable
        : _poison is null ? SandboxState.Ready
        : SandboxState.Poisoned;

    internal long TicksInGuest => _machine.TicksInGuest;

    /// <summary>
    /// Ends the guest and frees its memory. A call that is running on another thread is stopped and fails with <see cref="ObjectDisposedException"/>;
    /// the memory is freed when it has ended, which this method does not wait for.
    /// </summary>
    public void Dispose()
    {
        if (_gate.Close())
        {
            Free();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_name} ({State})";

    /// <summary>Runs a guest's initialisation, which for some is all they do.</summary>
    internal static GuestExit RunOnce(ImageContent image, SandboxOptions options, CancellationToken cancellationToken)
    {
        using Sandbox sandbox = new(new GuestOrigin(image.Config.GuestName, image.EntryPoint, image.Digest), image.Map, SandboxSettings.Of(options), () => new(image.Map, image.File, options.Hypervisor.Memory));
        try
        {
            sandbox.Initialize(image.File, image.EntryPoint, cancellationToken);
            return new(0, "");
        }
        catch (GuestAbortedException exception) when (exception is not GuestCpuException)
        {
            return new(exception.Code, exception.GuestMessage);
        }
    }

    // amd64 sheet, sections 4.1 and 4.2; i686 sheet, sections 3.2 and 3.3.
    private void Initialize(SharedFile blob, GuestVirtualAddress entryPoint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _memory.PrepareScratch(blob);
        ResetBuffers();
        MapDeclared();
        _machine.Start(_map.PageTables.Gpa);
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        _machine.SetRegisters(new()
        {
            Rip = entryPoint.Value,
            Rsp = _map.Layout.InitialStackPointer.Value,
            Rdi = _map.Peb.Gva.Value,
            Rsi = _settings.Seed ?? BitConverter.ToUInt64(random),
            Rdx = GuestLayout.PageSize,
            Rcx = (ulong)_settings.LogLevel,
            Rflags = CleanFlags,
        });
        _gate.Enter(_settings.StartTimeout);
        try
        {
            Run("The guest's initialisation", cancellationToken);
        }
        finally
        {
            _gate.Leave();
        }
    }

    private void ExpectCalls()
    {
        GeneralRegisters registers = _machine.GetRegisters();
        if (registers.Rsp % StackAlignment != 0)
        {
            throw new GuestProtocolException(
                $"The guest ended its initialisation with the stack pointer 0x{registers.Rsp:X}, which calls cannot use: it must be a multiple of {StackAlignment}.");
        }

        _callRegisters = new() { Rip = registers.Rax, Rsp = registers.Rsp, Rflags = CleanFlags };
    }

    private void ResetBuffers()
    {
        Input().Reset();
        Output().Reset();
    }

    private BufferStack Input() => new("input", _memory.Input);

    private BufferStack Output() => new("output", _memory.Output);

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

    private void Count()
    {
        Measures.AddSandbox(_name);
        _counted = true;
    }

    // The machine first: it maps the memory.
    private void Free()
    {
        _gate?.Dispose();
        _machine?.Dispose();
        if (_memory is not null)
        {
            _settings.Counter?.Detach(_memory.Scratch);
            _memory.Dispose();
        }

        if (_counted)
        {
            Measures.RemoveSandbox();
        }
    }
}
