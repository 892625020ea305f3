namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_RUN_VP_EXIT_REASON</c>: the reasons that guests of this host can cause.</summary>
internal enum WhpExitReason : uint
{
    /// <summary>The processor used memory that is not there, or not for this kind of access.</summary>
    MemoryAccess = 1,

    /// <summary>The processor is about to use a port. The instruction is not finished.</summary>
    PortAccess = 2,

    /// <summary>The processor triple-faulted.</summary>
    UnrecoverableException = 4,

    /// <summary>The processor cannot run with the values of its registers.</summary>
    InvalidRegisterValue = 5,

    /// <summary>The guest used something that the hypervisor does not support.</summary>
    UnsupportedFeature = 6,

    /// <summary>The processor executed HLT.</summary>
    Halt = 8,

    /// <summary>The run was canceled, or a cancel that came after the end of an earlier run took effect.</summary>
    Canceled = 0x2001,
}
