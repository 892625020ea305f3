using System.Buffers.Binary;
using Hyperlight.Calls;
using Hyperlight.Functions;
using Hyperlight.Printing;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// Puts random data into the buffers and writes random values to the ports: only the documented exceptions occur. The seed is fixed, so
/// that a failure repeats.
/// </summary>
public class FuzzTests
{
    private const int Seed = 20261122;
    private const int GuestRounds = 600;
    private const int HostRounds = 40_000;
    private const int BufferSize = 0x1000;

    private static readonly Type[] Documented =
    [
        typeof(GuestProtocolException), typeof(GuestErrorException), typeof(GuestReturnTypeException), typeof(GuestAbortedException),
        typeof(GuestCpuException),
        typeof(GuestFaultException), typeof(MessageTooLargeException),
    ];

    private static readonly int[] Ports = [99, 101, 108];

    private static readonly ulong[] Edges =
    [
        0, 1, 7, 8, 9, 15, 16, 17, 0x7F, 0xFF, 0xFFC, 0xFF8, 0x1000, 0x1001, 0x3FF8, 0x4000, 0xFFFF,
        0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF, 0x1_0000_0008, ulong.MaxValue - 7, ulong.MaxValue,
    ];

    [KvmTheory]
    [InlineData(Victim.Amd64)]
    [InlineData(Victim.I686)]
    public void A_guest_that_sends_garbage_gets_documented_exceptions(string name)
    {
        Random random = new(Seed);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options =>
        {
            options.HostFunctions.Add("HostAdd", (int a, int b) => a + b).Add("Echo", (GuestValue value) => value);
            options.Log = _ => { };
        });
        using Snapshot start = sandbox.TakeSnapshot();
        Victim victim = new(name, guest.Image.Map, sandbox);
        HashSet<Type> seen = [];
        for (int i = 0; i < GuestRounds; i++)
        {
            byte[] framed = ScriptedGuest.Framed(Message(random));
            Mutate(framed, random);
            Exception? exception = Record.Exception(() => victim.Poke(victim.Output, framed, Ports[random.Next(Ports.Length)]));
            Check(exception, i);
            seen.Add(exception?.GetType() ?? typeof(void));
            if (sandbox.State == SandboxState.Poisoned || random.Next(8) == 0)
            {
                sandbox.Restore(start);
                Assert.Equal(42, sandbox.Call<int>("DataWord"));
            }
        }

        // Some messages are accepted and some are refused.
        Assert.Contains(typeof(GuestProtocolException), seen);
        Assert.Contains(typeof(void), seen);
    }

    [Fact]
    public void A_buffer_full_of_garbage_gives_documented_exceptions()
    {
        Random random = new(Seed);
        byte[] output = new byte[BufferSize];
        byte[] input = new byte[BufferSize];
        byte[] copy = new byte[16];
        HostFunctions added = new HostFunctions()
            .Add("HostAdd", (int a, int b) => a + b)
            .Add("HostPrint", (string text) => text.Length)
            .Add("Echo", (GuestValue value) => value);
        HostFunctionTable functions = new("fuzzed", new(added.Freeze()), new("fuzzed", SandboxSettings.Of(new())));
        int refused = 0;
        for (int i = 0; i < HostRounds; i++)
        {
            random.NextBytes(input.AsSpan(0, 16));
            ScriptedGuest.Framed(Message(random)).CopyTo(output, 0);
            Mutate(output.AsSpan(0, 256), random);
            if (random.Next(2) == 0)
            {
                new BufferStack("input", input).Reset();
            }

            Exception? exception = Record.Exception(() => Serve(random.Next(4), functions, output, input, ref copy));
            Check(exception, i);
            refused += exception is GuestProtocolException ? 1 : 0;
            Assert.InRange(copy.Length, 16, BufferSize);
        }

        Assert.InRange(refused, HostRounds / 10, HostRounds * 9 / 10);
    }

    private static void Check(Exception? exception, int round)
    {
        Assert.True(exception is null || Documented.Contains(exception.GetType()), $"round {round}: {exception}");
        Assert.DoesNotContain(exception?.Message ?? "", char.IsControl);
    }

    // Handles a message as the run loop does; the buffers hold what a guest would have written.
    private static void Serve(int what, HostFunctionTable functions, byte[] output, byte[] input, ref byte[] copy)
    {
        ReadOnlySpan<byte> message = new BufferStack("output", output).Pop(ref copy);
        switch (what)
        {
            case 0:
                FunctionResultMessage.Read(message, out _);
                break;
            case 1:
                new GuestLog("fuzzed", SandboxSettings.Of(new() { Log = _ => { } })).Add(message);
                break;
            case 2:
                BufferStack stack = new("input", input);
                Span<byte> free = stack.Free();
                long length = functions.Serve(message, free, new StopSignal());
                if (length <= free.Length)
                {
                    stack.Push((int)length);
                }

                break;
            default:
                new DebugConsole(_ => { }).Add(BinaryPrimitives.ReadUInt32LittleEndian(message));
                break;
        }
    }

    private static byte[] Message(Random random) => random.Next(4) switch
    {
        0 => HostCall("Echo", [.. Enumerable.Range(0, random.Next(3)).Select(_ => Value(random))]),
        1 => HostCall("HostAdd", Value(random), Value(random)),
        _ => RecordedMessages.Get(RecordedMessages.Names.ElementAt(random.Next(RecordedMessages.Names.Count))),
    };

    private static byte[] HostCall(string name, params GuestValue[] arguments)
    {
        byte[] buffer = new byte[BufferSize];
        return buffer[..(int)FunctionCallMessage.Write(buffer, name, GuestValueKind.Void, arguments)];
    }

    private static GuestValue Value(Random random) => random.Next(6) switch
    {
        0 => random.Next(),
        1 => random.NextInt64(),
        2 => "text",
        3 => new byte[random.Next(20)],
        4 => double.NaN,
        _ => true,
    };

    private static void Mutate(Span<byte> bytes, Random random)
    {
        for (int change = random.Next(4); change > 0; change--)
        {
            ulong edge = Edges[random.Next(Edges.Length)];
            switch (random.Next(5))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[(random.Next(bytes.Length / 4) * 4)..], (uint)edge);
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(random.Next(bytes.Length / 2) * 2)..], (ushort)edge);
                    break;
                case 3:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes, edge);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes[^8..], edge);
                    break;
            }
        }
    }
}
