namespace Hyperlight.Hypervisors;

/// <summary>An exit from a virtual machine to the host.</summary>
internal readonly record struct VirtualMachineExit
{
    private VirtualMachineExit(VirtualMachineExitKind kind) => Kind = kind;

    /// <summary>
    /// Gets the reason for the exit. Each of the other properties is meaningful only for the kinds that its summary names.
    /// </summary>
    public VirtualMachineExitKind Kind { get; }

    /// <summary>Gets the port, for <see cref="VirtualMachineExitKind.Out"/> and <see cref="VirtualMachineExitKind.In"/>.</summary>
    public ushort Port { get; private init; }

    /// <summary>Gets the value, for <see cref="VirtualMachineExitKind.Out"/>. Bytes beyond <see cref="Size"/> are 0.</summary>
    public uint Value { get; private init; }

    /// <summary>
    /// Gets the width in bytes, for <see cref="VirtualMachineExitKind.Out"/> and <see cref="VirtualMachineExitKind.In"/>.
    /// </summary>
    public byte Size { get; private init; }

    /// <summary>Gets the physical address, for <see cref="VirtualMachineExitKind.MemoryAccess"/>.</summary>
    public GuestPhysicalAddress Address { get; private init; }

    /// <summary>Gets the kind of access, for <see cref="VirtualMachineExitKind.MemoryAccess"/>.</summary>
    public MemoryAccessKind Access { get; private init; }

    /// <summary>
    /// Gets the hypervisor's explanation, for <see cref="VirtualMachineExitKind.Unknown"/> and
    /// <see cref="VirtualMachineExitKind.NotInterpreted"/>.
    /// </summary>
    public string? Text { get; private init; }

    public static VirtualMachineExit Halt => new(VirtualMachineExitKind.Halt);

    public static VirtualMachineExit Canceled => new(VirtualMachineExitKind.Canceled);

    public static VirtualMachineExit Shutdown => new(VirtualMachineExitKind.Shutdown);

    public static VirtualMachineExit Debug => new(VirtualMachineExitKind.Debug);

    public static VirtualMachineExit Out(ushort port, uint value, byte size) =>
        new(VirtualMachineExitKind.Out) { Port = port, Value = value, Size = size };

    public static VirtualMachineExit In(ushort port, byte size) => new(VirtualMachineExitKind.In) { Port = port, Size = size };

    public static VirtualMachineExit MemoryAccess(GuestPhysicalAddress address, MemoryAccessKind access) =>
        new(VirtualMachineExitKind.MemoryAccess) { Address = address, Access = access };

    public static VirtualMachineExit NotInterpreted(string text) => new(VirtualMachineExitKind.NotInterpreted) { Text = text };

    public static VirtualMachineExit Unknown(string text) => new(VirtualMachineExitKind.Unknown) { Text = text };
}
