namespace Hyperlight.Hypervisors;

/// <summary>The reason why a virtual processor stopped.</summary>
internal enum VirtualMachineExitKind
{
    /// <summary>The processor wrote to a port.</summary>
    Out,

    /// <summary>The processor wants to read a port.</summary>
    In,

    /// <summary>The processor executed HLT.</summary>
    Halt,

    /// <summary>The processor used physical memory that the guest does not have, or wrote to read-only memory.</summary>
    MemoryAccess,

    /// <summary>The host asked the processor to stop.</summary>
    Canceled,

    /// <summary>The processor triple-faulted. Its registers may be those of a reset.</summary>
    Shutdown,

    /// <summary>The processor has executed one instruction, as a debugger wants.</summary>
    Debug,

    /// <summary>The processor met an instruction that its hypervisor, which interprets guest code, does not have.</summary>
    NotInterpreted,

    /// <summary>Any other reason.</summary>
    Unknown,
}
