namespace Hyperlight.Hypervisors.Kvm;

// Single steps, for debuggers.
internal sealed unsafe partial class KvmVcpu
{
    private DebugMode _debugMode;

    // Whether KVM may still have to finish the instruction of the last exit.
    private bool _isUnfinished;

    /// <summary>
    /// <c>KVM_SET_GUEST_DEBUG</c>: sets what the processor does for a debugger. For a step KVM sets the processor's trap flag, which the
    /// registers here do not show. An instruction that loads the flags clears the trap flag, so that each step needs a request of its own.
    /// </summary>
    public void SetDebugging(DebugMode mode)
    {
        if (mode != DebugMode.Step && mode == _debugMode)
        {
            return;
        }

        if (mode == DebugMode.Step && _run->DirtyRegisters != 0)
        {
            // KVM steps only from the address at which the processor is during the request.
            RunWithoutEntering();
            _isUnfinished = false;
        }

        KvmGuestDebug request = new()
        {
            Control = mode switch
            {
                DebugMode.Step => KvmGuestDebug.Enable | KvmGuestDebug.SingleStep,
                DebugMode.Run => KvmGuestDebug.Enable | KvmGuestDebug.UseHardwareBreakpoints,
                _ => 0,
            },
            Dr7 = ResetValues.Dr7,
        };
        KvmIoctl.Require(_descriptor, KvmIoctl.SetGuestDebug, &request, "KVM_SET_GUEST_DEBUG");
        _debugMode = mode;
    }

    /// <summary>
    /// Finishes the instruction of the last exit, which counts as a step. Some KVMs would go on with the next instruction, others would
    /// not.
    /// </summary>
    /// <returns><c>false</c> if there is nothing to finish, or if the processor does not step.</returns>
    private bool TryFinishStep()
    {
        bool finishes = _debugMode == DebugMode.Step && _isUnfinished;
        _isUnfinished = false;
        if (finishes)
        {
            RunWithoutEntering();
        }

        return finishes;
    }

    /// <summary>Clears the trap flag after a trap that nobody asked for.</summary>
    /// <returns><c>false</c> if the exit is another one.</returns>
    private bool TryDropTrap(in VirtualMachineExit exit)
    {
        bool drops = exit.Kind == VirtualMachineExitKind.Debug && _debugMode != DebugMode.Step;
        if (drops)
        {
            _run->Registers.Rflags &= ~ControlBits.FlagsTrap;
            _run->DirtyRegisters |= SyncGeneralRegisters;
        }

        return drops;
    }
}
