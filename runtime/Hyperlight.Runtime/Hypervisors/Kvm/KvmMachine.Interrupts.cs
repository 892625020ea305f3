namespace Hyperlight.Hypervisors.Kvm;

// Hardware interrupts (i686 sheet, section 6.4): the kernel has the PICs, the IOAPIC and the local APIC, and no PIT. An event descriptor
// drives the timer's line, GSI 0.
internal sealed partial class KvmMachine
{
    // KVM_IRQCHIP_…, linux/kvm.h.
    private const uint MasterPic = 0;
    private const uint SlavePic = 1;
    private const uint IoApic = 2;

    // A signal is an edge at the line of the timer.
    private readonly EventDescriptor? _timerLine;

    /// <inheritdoc/>
    public ISignal? TimerLine => _timerLine;

    private InterruptState? GetInterrupts(in KvmSpecialRegisters special) => _timerLine is null ? null : new(
        _machine.GetInterruptController(MasterPic),
        _machine.GetInterruptController(SlavePic),
        _machine.GetInterruptController(IoApic),
        _processor.GetLocalApic(),
        special.ApicBase,
        special.FindInterrupt());

    /// <summary>
    /// Sets the controllers, and wakes a processor that was stopped while it waited in a HLT. The processor has got the rest of the state
    /// with the special registers.
    /// </summary>
    private void SetInterrupts(InterruptState state)
    {
        // The kernel may still be about to deliver an edge of the guest before. Taking the line away waits for the edge, up to
        // milliseconds.
        bool wasSignaled = _timerLine!.WasSignaled;
        if (wasSignaled)
        {
            _machine.DeassignTimerLine(_timerLine.Handle);
        }

        _machine.SetInterruptController(MasterPic, state.MasterPic);
        _machine.SetInterruptController(SlavePic, state.SlavePic);
        _machine.SetInterruptController(IoApic, state.IoApic);
        _processor.SetLocalApic(state.LocalApic);
        _processor.SetRunnable();
        if (wasSignaled)
        {
            _machine.AssignTimerLine(_timerLine.Handle);
            _timerLine.WasSignaled = false;
        }
    }
}
