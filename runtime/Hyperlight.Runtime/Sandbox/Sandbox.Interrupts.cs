using Hyperlight.Hypervisors;
using Hyperlight.Protocol;
using Hyperlight.Watch;

namespace Hyperlight;

// The devices of guests with hardware interrupts (i686 sheet, sections 6.4 and 6.5). What KVM's interrupt controllers handle never gets here.
public sealed partial class Sandbox
{
    private readonly GuestTimer? _timer;

    /// <summary>Microseconds between two ticks of the guest's timer, 0 while it stands.</summary>
    internal long TimerPeriod => _timer?.Period ?? 0;

    private void HandleDeviceOut(in VirtualMachineExit exit)
    {
        bool isTimer = exit.Port == (ushort)OutPort.Timer;
        if (isTimer && _timer is null)
        {
            throw new GuestProtocolException(Rules.InterruptsNeeded.Found(
                $"the guest programmed its timer (port {exit.Port}){AtInstruction()}, and its image was baked without interrupts: bake it with HardwareInterrupts=\"true\"."));
        }

        if (_timer is null || !(isTimer || IsTolerated(exit.Port)))
        {
            throw new GuestProtocolException(
                $"The guest wrote 0x{exit.Value:X} to port {exit.Port}{AtInstruction()}: the ports are 99, 101, 102, 103 and 108.");
        }

        if (isTimer && exit.Size == sizeof(uint))
        {
            _timer.Start(exit.Value);
        }
    }

    private void HandleDeviceIn(in VirtualMachineExit exit)
    {
        if (_timer is null || !IsTolerated(exit.Port))
        {
            throw new GuestFaultException($"The guest read port {exit.Port}{AtInstruction()}: there is no port to read.");
        }

        _machine.AnswerWithOnes();
    }

    // Two PICs, where an access wider than theirs falls through; their trigger modes; a PIT, which there is not; the PC speaker's gate; the port that
    // old code writes to in order to wait.
    private static bool IsTolerated(ushort port) => port is 0x20 or 0x21 or 0xA0 or 0xA1 or 0x4D0 or 0x4D1 or (>= 0x40 and <= 0x43) or 0x61 or 0x80;
}
