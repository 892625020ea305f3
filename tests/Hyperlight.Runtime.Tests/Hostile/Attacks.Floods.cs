using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private static IEnumerable<Attack> Floods =>
    [
        Attack.Poisons<TimeoutException>("log records without end", Flood(RecordedMessages.Get("log-warning"), Log), "RIP 0x"),
        Attack.Poisons<TimeoutException>("host calls without end", Flood(AddCall, HostCall), "RIP 0x"),
        Attack.Poisons<TimeoutException>("host calls that throw without end", Flood(HostCallOf("Throw"), HostCall), "RIP 0x"),
        Attack.Poisons<TimeoutException>(
            "host functions that are not there without end", Flood(HostCallOf("Nonsense"), HostCall), "RIP 0x"),
        Attack.Poisons<MessageTooLargeException>(
            "host calls whose answers are left to lie",
            victim => victim.Execute(
                GuestCode.SendForever(victim.Is64Bit, victim.Output, ScriptedGuest.Framed(AddCall), HostCall, input: null)),
            "result of a host function"),
        Attack.Poisons<GuestAbortedException>("an abort text without end", victim => victim.Sandbox.Call("AbortFlood"), "overflowed"),
        Attack.Poisons<TimeoutException>(
            "abort packets of nothing without end", victim => victim.ExecuteBriefly(GuestCode.Loop(GuestCode.Out(102))), "RIP 0x"),
        Attack.Poisons<TimeoutException>(
            "a printed line without end", victim => victim.ExecuteBriefly(GuestCode.Loop(GuestCode.Out(103, 'x'))), "RIP 0x"),
        Attack.Poisons<TimeoutException>(
            "printed lines without end", victim => victim.ExecuteBriefly(GuestCode.Loop(GuestCode.Out(103, '\n'))), "RIP 0x"),
        Attack.Poisons<GuestProtocolException>(
            "half a surrogate pair is printed", victim => victim.Execute(GuestCode.Out(103, 0xD800)), "0xD800"),
        Attack.Poisons<GuestProtocolException>(
            "a character behind the last is printed", victim => victim.Execute(GuestCode.Out(103, 0x11_0000)), "0x110000"),
        Attack.Poisons<GuestProtocolException>(
            "the largest number is printed", victim => victim.Execute(GuestCode.Out(103, uint.MaxValue)), "0xFFFFFFFF"),
    ];

    private static Action<Victim> Flood(byte[] message, int port) => victim => victim.ExecuteBriefly(
        GuestCode.SendForever(victim.Is64Bit, victim.Output, ScriptedGuest.Framed(message), (uint)port, victim.Input));
}
