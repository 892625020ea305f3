using System.Buffers.Binary;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private static IEnumerable<Attack> Messages =>
    [
        .. Malformed("call-host-hostadd", HostCall, "host call", Attack.Poisons<GuestProtocolException>),
        .. Malformed("log-warning", Log, "log record", Attack.Poisons<GuestProtocolException>),
        .. Malformed("result-string", Halt, "result", Attack.Fails<GuestProtocolException>),
        .. Malformed("result-error", Halt, "error", Attack.Fails<GuestProtocolException>),
        .. BadSlots(
            "call-host-hostadd", HostCall, "host call", Attack.Poisons<GuestProtocolException>, (0, "the name"), (1, "the parameters")),
        .. BadSlots(
            "log-warning", Log, "log record", Attack.Poisons<GuestProtocolException>, (0, "the text"), (1, "the source"), (3, "the caller"),
            (4, "the file")),
        .. BadSlots("result-int", Halt, "result", Attack.Fails<GuestProtocolException>, (1, "the value")),

        Send(
            "a host call of an unknown type", "call-host-hostadd", HostCall, message => message[Slot(message, 2)] = 9,
            Attack.Poisons<GuestProtocolException>),
        Send(
            "a log record of an unknown level", "log-warning", Log, message => message[Slot(message, 2)] = 7,
            Attack.Poisons<GuestProtocolException>),
        Send(
            "a result of an unknown type", "result-int", Halt, message => message[Slot(message, 0)] = 3,
            Attack.Fails<GuestProtocolException>),
        Send(
            "a result that is no value", "result-int", Halt, message => message[Slot(message, 0)] = 0,
            Attack.Fails<GuestProtocolException>),
        Send(
            "a string that is not UTF-8", "result-string", Halt, message => message[message.AsSpan().IndexOf("hello"u8)] = 0xFF,
            Attack.Fails<GuestProtocolException>),
        Send(
            "a string without an end", "result-string", Halt, message => message.AsSpan(message.AsSpan().IndexOf("hello"u8)).Fill(1),
            Attack.Fails<GuestProtocolException>),
        Send("a result in place of a host call", "result-int", HostCall, _ => { }, Attack.Poisons<GuestProtocolException>),
        Send("a host call in place of a result", "call-host-hostprint", Halt, _ => { }, Attack.Fails<GuestProtocolException>),
    ];

    /// <summary>Gets a host call as a guest encodes it.</summary>
    private static byte[] HostCallOf(string name, params GuestValue[] arguments)
    {
        byte[] buffer = new byte[0x4000];
        return buffer[..(int)FunctionCallMessage.Write(buffer, name, GuestValueKind.Void, arguments)];
    }

    // Faults around the root table are the same for every message.
    private static IEnumerable<Attack> Malformed(string vector, int port, string what, Func<string, Action<Victim>, string, Attack> fails)
    {
        (string Name, Action<byte[]> Damage)[] damages =
        [
            ("has no root", message => Write(message, 0, 0)),
            ("has its root far away", message => Write(message, 4, uint.MaxValue)),
            ("has its root at the end", message => Write(message, 4, (uint)message.Length - 4)),
            ("has a vtable before its start", message => Write(message, Root(message), int.MaxValue)),
            ("has a vtable behind its end", message => Write(message, Root(message), 0x8000_0000)),
            ("has a vtable of an odd size", message => message[Vtable(message)] |= 1),
            ("has a vtable longer than it", message => message[Vtable(message) + 1] = 0xFF),
            ("has a table longer than it", message => message[Vtable(message) + 3] = 0xFF),
            ("has a table without room", message => message[Vtable(message) + 2] = 3),
        ];
        return damages.Select(damage => Send($"a {what} {damage.Name}", vector, port, damage.Damage, fails));
    }

    private static IEnumerable<Attack> BadSlots(
        string vector, int port, string what, Func<string, Action<Victim>, string, Attack> fails,
        params (int Slot, string Name)[] slots) => slots.SelectMany(slot => (Attack[])
        [
            Send(
                $"a {what} without {slot.Name}", vector, port, message => Write16(message, Vtable(message) + 4 + (2 * slot.Slot), 0),
                fails),
            Send(
                $"a {what} with {slot.Name} outside of its table", vector, port,
                message => Write16(message, Vtable(message) + 4 + (2 * slot.Slot), 0xFFF0), fails),
            Send(
                $"a {what} with {slot.Name} behind its end", vector, port,
                message => Write(message, Slot(message, slot.Slot), int.MaxValue), fails),
            Send(
                $"a {what} with {slot.Name} of 4 GiB", vector, port, message => Write(message, Target(message, slot.Slot), uint.MaxValue),
                fails),
        ]).Where(attack => !attack.Name.EndsWith("without the parameters", StringComparison.Ordinal));

    private static Attack Send(
        string name, string vector, int port, Action<byte[]> damage, Func<string, Action<Victim>, string, Attack> fails)
    {
        byte[] message = RecordedMessages.Get(vector);
        damage(message);
        return fails(name, victim => victim.Send(message, port), "");
    }

    private static int Root(byte[] message) => 4 + (int)Read(message, 4);

    private static int Vtable(byte[] message) => Root(message) - (int)Read(message, Root(message));

    private static int Slot(byte[] message, int slot) =>
        Root(message) + BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(Vtable(message) + 4 + (2 * slot)));

    private static int Target(byte[] message, int slot) => Slot(message, slot) + (int)Read(message, Slot(message, slot));

    private static uint Read(byte[] message, int position) => BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(position));

    private static void Write(byte[] message, int position, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(position), value);

    private static void Write16(byte[] message, int position, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(position), value);
}
