using System.Buffers.Binary;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private const int Log = 99;
    private const int HostCall = 101;
    private const int Halt = 108;

    private static IEnumerable<Attack> Buffers =>
    [
        .. OutputStacks(101, "host call", Attack.Poisons<GuestProtocolException>),
        .. OutputStacks(99, "log record", Attack.Poisons<GuestProtocolException>),
        .. OutputStacks(108, "result", Attack.Fails<GuestProtocolException>),

        // The host has to write the answer of a host call, or the next call, into a stack with an invalid end.
        .. InputEnds.Select(end => Attack.Poisons<GuestProtocolException>($"the answer's stack ends at {end:X}", victim =>
        {
            // The message lies below the result of this call. The next call runs the code that damages the stack.
            victim.Poke(victim.Output, ScriptedGuest.Framed(AddCall));
            victim.Execute([.. GuestCode.Store(victim.Is64Bit, victim.Input, end), .. GuestCode.Out(HostCall)]);
        }, "input buffer")),
        .. InputEnds.Select(end => Attack.Fails<GuestProtocolException>($"the next call's stack ends at {end:X}", victim =>
        {
            victim.Poke(victim.Input, end);
            victim.Call();
        }, "input buffer")),
    ];

    // In the buffer of 0x4000 bytes a valid end leaves room for a message behind the first 8 + 8 + 4 bytes.
    private static ulong[] InputEnds => [0, 7, 0x4001, 0x1_0000_0008, 0x8000_0000_0000_0008, ulong.MaxValue];

    private static byte[] AddCall => HostCallOf("Add", 20, 22);

    private static IEnumerable<Attack> OutputStacks(int port, string what, Func<string, Action<Victim>, string, Attack> fails)
    {
        byte[] message = RecordedMessages.Get("result-int");
        (string Name, ulong End, ulong Start, uint Length)[] stacks =
        [
            ("ends at 0", 0, 8, 60),
            ("ends below its first message", 7, 8, 60),
            ("ends without room for an offset", 15, 8, 60),
            ("ends in its first offset", 16, 8, 60),
            ("ends behind the buffer", 0x4001, 8, 60),
            ("ends 4 GiB behind its end", 0x1_0000_0050, 8, 60),
            ("ends at the last address", ulong.MaxValue, 8, 60),
            ("starts before the buffer", 80, ulong.MaxValue, 60),
            ("starts at its own head", 80, 0, 60),
            ("starts in its own head", 80, 7, 60),
            ("starts in its own offset", 80, 72, 60),
            ("starts behind its end", 80, 81, 60),
            ("starts 4 GiB on", 80, 0x1_0000_0008, 60),
            ("claims one byte too many", 80, 8, 61),
            ("claims what wraps 32 bits", 80, 8, uint.MaxValue),
            ("claims 2 GiB", 80, 8, int.MaxValue),
        ];
        return stacks.Select(stack => fails(
            $"a {what}'s stack {stack.Name}",
            victim =>
            {
                byte[] framed = ScriptedGuest.Framed(message);
                BinaryPrimitives.WriteUInt64LittleEndian(framed, stack.End);
                BinaryPrimitives.WriteUInt64LittleEndian(framed.AsSpan(framed.Length - sizeof(ulong)), stack.Start);
                BinaryPrimitives.WriteUInt32LittleEndian(framed.AsSpan(sizeof(ulong)), stack.Length);
                victim.Poke(victim.Output, framed, port);
            },
            "output buffer"));
    }
}
