namespace Hyperlight.Hypervisors;

/// <summary>The way in which a processor runs a guest for a debugger.</summary>
internal enum DebugMode
{
    /// <summary>No debugger is there: the guest runs as usual.</summary>
    Off,

    /// <summary>
    /// The guest runs as usual. Traps that remain from steps do not reach the guest: an exception or a system call of the guest saves the
    /// flag of a step with the guest's other flags, and brings it back later.
    /// </summary>
    Run,

    /// <summary>Each run executes one instruction and ends with <see cref="VirtualMachineExitKind.Debug"/>.</summary>
    Step,
}
