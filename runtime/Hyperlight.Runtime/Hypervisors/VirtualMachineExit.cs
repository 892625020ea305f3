namespace Hyperlight.Hypervisors;

/// <summary>Why a virtual processor stopped.</summary>
internal enum VirtualMachineExitKind
{
    /// <summary>It wrote to a port.</summary>
    Out,

    /// <summary>It wants to read a port.</summary>
    In,

    /// <summary>It executed HLT.</summary>
    Halt,

    /// <summary>It touched physical memory that is not there, or wrote to memory that is read-only.</summary>
    MemoryAccess,

    /// <summary>The host asked it to stop.</summary>
    Canceled,

    /// <summary>It triple-faulted. Its registers may be those of a reset.</summary>
    Shutdown,

    /// <summary>Anything else.</summary>
    Unknown,
}

/// <summary>An exit from a virtual machine to the host: one of a small closed set.</summary>
internal readonly record struct VirtualMachineExit
{
    private VirtualMachineExit(VirtualMachineExitKind kind) => Kind = kind;

    /// <summary>What happened. The other members are meaningful for the kinds they name.</summary>
    public VirtualMachineExitKind Kind { get; }

    /// <summary>Out, In: the port.</summary>
    public ushort Port { get; private init; }

    /// <summary>Out: the value, missing high bytes 0.</summary>
    public uint Value { get; private init; }

    /// <summary>Out, In: the width in bytes.</summary>
    public byte Size { get; private init; }

    /// <summary>MemoryAccess: where.</summary>
    public GuestPhysicalAddress Address { get; private init; }

    /// <summary>MemoryAccess: how.</summary>
    public MemoryAccessKind Access { get; private init; }

    /// <summary>Unknown: all there is to say.</summary>
    public string? Text { get; private init; }

    public static VirtualMachineExit Halt => new(VirtualMachineExitKind.Halt);

    public static VirtualMachineExit Canceled => new(VirtualMachineExitKind.Canceled);

    public static VirtualMachineExit Shutdown => new(VirtualMachineExitKind.Shutdown);

    public static VirtualMachineExit Out(ushort port, uint value, byte size) =>
        new(VirtualMachineExitKind.Out) { Port = port, Value = value, Size = size };

    public static VirtualMachineExit In(ushort port, byte size) => new(VirtualMachineExitKind.In) { Port = port, Size = size };

    public static VirtualMachineExit MemoryAccess(GuestPhysicalAddress address, MemoryAccessKind access) =>
        new(VirtualMachineExitKind.MemoryAccess) { Address = address, Access = access };

    public static VirtualMachineExit Unknown(string text) => new(VirtualMachineExitKind.Unknown) { Text = text };
}
