using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Protocol;

namespace Hyperlight.Calls;

// The devices of guests with hardware interrupts (i686 sheet, sections 6.4 and 6.5). The hypervisor serves the interrupt controllers
// itself.
internal sealed partial class GuestRunner
{
    // The ports of devices of a PC: two PICs and their trigger modes, of which the hypervisor leaves only accesses wider than a byte to the
    // host; a PIT, which guests do not have; the gate of the PC speaker; and the port that old code writes to in order to wait.
    private static readonly ImmutableArray<ushort> DevicePorts = [0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x80];

    private static string DevicePortsText => string.Join(", ", DevicePorts.Select(port => $"0x{port:X}"));

    private CallOutcome HandleDeviceOut(in VirtualMachineExit exit)
    {
        bool isTimer = exit.Port == (ushort)OutPort.Timer;
        if (isTimer && _timer is null)
        {
            GuestPlace place = Here();
            return CallOutcome.Failed(CallEnd.BrokeOff, new GuestProtocolException(
                Rules.InterruptsNeeded.Found(
                    $"the guest programmed its timer (port {exit.Port}) at {place}, and its image was baked without interrupts: bake it "
                    + $"with HardwareInterrupts=\"true\"."),
                place.Location));
        }

        if (_timer is null || !(isTimer || DevicePorts.Contains(exit.Port)))
        {
            string ports = _timer is null
                ? "99, 101, 102, 103 and 108"
                : $"99, 101, 102, 103, 107 and 108, and those of devices: {DevicePortsText}";
            GuestPlace place = Here();
            return CallOutcome.Failed(CallEnd.BrokeOff, new GuestProtocolException(
                $"The guest wrote 0x{exit.Value:X} to port {exit.Port} at {place}: the ports are {ports}.", place.Location));
        }

        if (isTimer && exit.Size == sizeof(uint))
        {
            _timer.Start(exit.Value);
        }

        return default;
    }

    private CallOutcome HandleDeviceIn(in VirtualMachineExit exit)
    {
        if (_timer is null || !DevicePorts.Contains(exit.Port))
        {
            string ports = _timer is null ? "there is no port to read" : $"the ports to read are those of devices: {DevicePortsText}";
            GuestPlace place = Here();
            return Fault(new($"The guest read port {exit.Port} at {place}: {ports}.", place.Location));
        }

        Machine.AnswerWithOnes();
        return default;
    }
}
