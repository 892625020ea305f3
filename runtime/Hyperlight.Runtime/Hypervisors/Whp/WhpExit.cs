namespace Hyperlight.Hypervisors.Whp;

/// <summary>Translates the exits of the platform, except those that the guest has not caused.</summary>
internal static class WhpExit
{
    /// <summary>Translates an exit.</summary>
    public static VirtualMachineExit Read(in WhpExitContext context) => context.Reason switch
    {
        WhpExitReason.PortAccess => ReadPortAccess(context),
        WhpExitReason.Halt => VirtualMachineExit.Halt,
        WhpExitReason.MemoryAccess when KindOf(context.AccessType) is { } kind =>
            VirtualMachineExit.MemoryAccess(new(context.GuestAddress), kind),
        WhpExitReason.UnrecoverableException => VirtualMachineExit.Shutdown,
        WhpExitReason.InvalidRegisterValue => VirtualMachineExit.Unknown(
            $"the processor cannot go on with the values of its registers, RIP is 0x{context.Rip:X}"),
        WhpExitReason.UnsupportedFeature => VirtualMachineExit.Unknown(
            $"Hyper-V does not support what the guest did: feature {context.UnsupportedFeature}, parameter "
            + $"0x{context.UnsupportedFeatureParameter:X}"),
        _ => VirtualMachineExit.Unknown($"Hyper-V stopped with the exit reason 0x{(uint)context.Reason:X}"),
    };

    /// <summary>Gets RAX after an IN whose value has a one for each bit. An IN of 4 bytes clears the upper half.</summary>
    /// <param name="context">The exit of the IN.</param>
    public static ulong AnswerWithOnes(in WhpExitContext context) => context.AccessSize switch
    {
        sizeof(byte) => context.Rax | byte.MaxValue,
        sizeof(ushort) => context.Rax | ushort.MaxValue,
        _ => uint.MaxValue,
    };

    private static VirtualMachineExit ReadPortAccess(in WhpExitContext context) => context switch
    {
        { IsString: true, IsOut: true } => VirtualMachineExit.Unknown(
            $"it wrote to port {context.Port} with a string instruction (OUTS), which Hyper-V leaves to the host: use OUT"),
        { IsString: true } => VirtualMachineExit.Unknown(
            $"it read port {context.Port} with a string instruction (INS), which Hyper-V leaves to the host: use IN"),
        { InstructionLength: 0 } or { AccessSize: not (sizeof(byte) or sizeof(ushort) or sizeof(uint)) } => VirtualMachineExit.Unknown(
            $"Hyper-V describes an access to port {context.Port} with an instruction of {context.InstructionLength} bytes and a value of "
            + $"{context.AccessSize} bytes"),
        { IsOut: true } => VirtualMachineExit.Out(context.Port, ValueOf(context), context.AccessSize),
        _ => VirtualMachineExit.In(context.Port, context.AccessSize),
    };

    private static uint ValueOf(in WhpExitContext context) => context.AccessSize switch
    {
        sizeof(byte) => (byte)context.Rax,
        sizeof(ushort) => (ushort)context.Rax,
        _ => (uint)context.Rax,
    };

    private static MemoryAccessKind? KindOf(uint type) => type switch
    {
        0 => MemoryAccessKind.Read,
        1 => MemoryAccessKind.Write,
        2 => MemoryAccessKind.Execute,
        _ => null,
    };
}
