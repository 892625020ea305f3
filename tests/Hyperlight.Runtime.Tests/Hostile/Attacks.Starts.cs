using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    // Attacks in the initialisation, or by what the initialisation leaves for the first call. Either there is no sandbox afterwards, or the
    // snapshot of the neighbour heals it.
    private static IEnumerable<Attack> Starts =>
    [
        .. AtStart(Attack.Poisons<TimeoutException>("a start without end", Call, "initialisation"), _ => GuestCode.Forever),
        .. AtStart(Attack.Poisons<TimeoutException>("a start that prints without end", Call), _ => GuestCode.Loop(GuestCode.Out(103, 'x'))),
        .. AtStart(Attack.Poisons<GuestAbortedException>("an abort at the start", Call, "code 7"), _ => GuestCode.Out(102, 0x00FF_0702)),
        .. AtStart(Attack.Poisons<GuestProtocolException>("an unknown port at the start", Call, "port 4321"), _ => [.. UnknownPort, 0xEF]),
        .. AtStart(Attack.Poisons<GuestFaultException>("a port read at the start", Call, "read port 4321"), _ => [.. UnknownPort, 0xED]),
        .. AtStart(
            Attack.Poisons<GuestProtocolException>("a host call without a message at the start", Call, "empty"), _ => GuestCode.Out(101)),
        .. AtStart(
            Attack.Poisons<GuestProtocolException>("a log record without a message at the start", Call, "empty"), _ => GuestCode.Out(99)),
        .. AtStart(Attack.Poisons<GuestFaultException>("an empty IDT at the start", Call, "triple-fault"), _ => [.. Nothing, 0x0F, 0x01,
            0x1C, 0x24, 0x0F, 0x0B]),
        .. AtStart(
            Attack.Poisons<GuestProtocolException>("a stack for calls that is not aligned", Call, "stack pointer"),
            is64Bit => GuestCode.EndStart(is64Bit, 0, 0x2008)),
        .. AtStart(
            Attack.Poisons<GuestFaultException>("an address for calls at null, a stack at null", Call).Or<GuestCpuException>(),
            is64Bit => GuestCode.EndStart(is64Bit, 0, 0)),
        .. AtStart(
            Attack.Poisons<GuestFaultException>("an address for calls that cannot be", Call).Or<GuestCpuException>().By(Victim.Amd64),
            _ => GuestCode.EndStart(true, NonCanonical, 0x2000)),
        .. AtStart(
            Attack.Poisons<GuestFaultException>("a stack for calls that cannot be", Call).Or<GuestCpuException>().By(Victim.Amd64),
            _ => GuestCode.EndStart(true, FourPushes, NonCanonical)),
        .. AtStart(
            Attack.Poisons<GuestFaultException>("an address for calls in no memory", Call).By(Victim.I686),
            _ => GuestCode.EndStart(false, NoMemory, 0x2000)),
        .. AtStart(
            Attack.Poisons<GuestFaultException>("a stack for calls in no memory", Call).By(Victim.I686),
            _ => GuestCode.EndStart(false, FourPushes, NoMemory)),
        .. AtStart(
            Attack.Fails<GuestProtocolException>("a stack for calls in the output buffer", Call, "output buffer"),
            is64Bit => GuestCode.EndStart(is64Bit, FourPushes, (is64Bit ? OutputBuffer64 : ScriptedGuest.OutputBuffer) + 16)),
    ];

    // The address of the output buffer with the default sizes.
    private const ulong OutputBuffer64 = 0xFFFF_FFFF_FFFB_B000;

    // push -1; push -1; push -1; push -1; mov edx, 108; out dx, eax
    private static byte[] FourPushes => [0x6A, 0xFF, 0x6A, 0xFF, 0x6A, 0xFF, 0x6A, 0xFF, .. GuestCode.Out(108)];

    private static void Call(Victim victim) => victim.Call();

    private static IEnumerable<Attack> AtStart(Attack attack, Func<bool, byte[]> code) =>
        attack.Guests.Select(guest => attack.By(guest) with { AtStart = code(guest == Victim.Amd64) });
}
