using System.Buffers.Binary;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Sandboxes;
using Hyperlight.Values;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// A guest answers typed calls with forged bytes, and calls a typed host function with forged bytes. The guest gets the bytes from the host
/// function Forge, so that each test chooses them.
/// </summary>
public sealed class TypedCallTests
{
    private const int Seed = 20261129;
    private const int Rounds = 400;

    // A few times what the objects of the largest honest answer take, for any bytes.
    private const long MostAllocated = 200_000;

    private const string Refused = "a number that the constructor refuses";

    private static readonly byte[] Honest = Write("tea", 3, price: 1);

    public static TheoryData<string, byte[], string> Forgeries => new()
    {
        { "nothing", [], "1 bytes are needed" },
        { "bytes after the value", [.. Honest, 0], "1 bytes follow" },
        { "an end in the middle", Honest[..^3], "left" },
        { "a text of 4 GB", [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, .. Honest], "4294967295 items" },
        { "a text of 16 EB", [.. Enumerable.Repeat((byte)0xFF, 9), 1, .. Honest], "larger than its type allows" },
        { "a number of 70 bits", [.. Enumerable.Repeat((byte)0xFF, 9), 2, .. Honest], "more than 64 bits" },
        { "half a character", [1, 0xC3, .. Honest[4..]], "not UTF-8" },
        { "an overlong NUL", [2, 0xC0, 0x80, .. Honest[4..]], "not UTF-8" },
        { "half a surrogate pair", [3, 0xED, 0xA0, 0x80, .. Honest[4..]], "not UTF-8" },
        { Refused, Write("tea\n2026-11-29 root logged in\e[2J", -1, 1), "root logged in" },
        { "a decimal with scale 29", Changed(19, 29), "no decimal" },
        { "a decimal with unknown bits", Changed(17, 1), "no decimal" },
        { "a local time", Changed(21, 2), "kind of a time" },
        { "ticks after the year 9999", Changed(29, 0x7F), "ticks are no time" },
        { "negative ticks", Changed(29, 0xFF), "ticks are no time" },
        { "a truth value of 2", Changed(32, 2), "truth value" },
        { "a million places", [.. Honest[..31], 0xC0, 0x84, 0x3D, .. Honest[32..]], "1000000 items" },
    };

    [KvmTheory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_result_is_a_protocol_exception_and_the_sandbox_goes_on(string what, byte[] bytes, string says)
    {
        using Forger forger = new();
        forger.Bytes = bytes;

        GuestProtocolException error = Assert.Throws<GuestProtocolException>(() => forger.Guest.Ask(what));

        Assert.StartsWith("HL5009: the guest returned a result that IForged.Ask cannot have: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.NotNull(error.InnerException);
        Assert.Equal(SandboxState.Ready, forger.Sandbox.State);
        await Assert.ThrowsAsync<GuestProtocolException>(() => forger.Guest.AskAsync(what));
        forger.Bytes = Honest;
        Assert.Equal("tea", forger.Guest.Ask(what).Name);
    }

    [KvmFact]
    public void Any_forged_result_is_a_value_or_a_protocol_exception_and_allocates_little()
    {
        using Forger forger = new();
        Random random = new(Seed);
        int refused = 0;
        forger.Bytes = Honest;
        forger.Guest.Ask("");
        for (int round = 0; round < Rounds; round++)
        {
            forger.Restore();
            forger.Bytes = Mutated(random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? failure = Record.Exception(() => forger.Guest.Ask(""));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
            Assert.True(failure is null or GuestProtocolException, $"round {round}: {failure}");
            refused += failure is null ? 0 : 1;
        }

        Assert.InRange(refused, Rounds / 4, Rounds - 1);
    }

    [KvmTheory]
    [MemberData(nameof(Forgeries))]
    public void Forged_arguments_never_reach_the_host_s_method(string what, byte[] bytes, string says)
    {
        RecordingLogger logger = new();
        using Forger forger = new(options => options.Logger = logger, [.. Signature(), .. bytes]);

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => forger.Guest.Ask(what));

        Assert.Equal(GuestErrorCode.HostFunctionError, error.Code);
        Assert.Equal(0, forger.Host.Calls);
        if (what == Refused)
        {
            Assert.Contains("HostFunction IForgedHost.Take failed: the host's log says why", error.GuestMessage, StringComparison.Ordinal);
            RecordingLogger.Entry entry = Assert.Single(logger.Entries);
            Assert.Contains(says, entry.Exception!.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(entry.Text, char.IsControl);
        }
        else
        {
            Assert.Contains("IForgedHost.Take", error.GuestMessage, StringComparison.Ordinal);
            Assert.Contains(says, error.GuestMessage, StringComparison.Ordinal);
            Assert.Empty(logger.Entries);
        }

        Assert.Equal(SandboxState.Ready, forger.Sandbox.State);
    }

    [KvmFact]
    public void Arguments_that_are_as_the_interface_says_reach_the_host_s_method()
    {
        using Forger forger = new(configure: null, [.. Signature(), .. Honest]);

        forger.Guest.Ask("");

        Assert.Equal(1, forger.Host.Calls);
    }

    private static byte[] Mutated(Random random)
    {
        byte[] bytes = [.. Honest];
        for (int change = 1 + random.Next(3); change > 0; change--)
        {
            int place = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next();
                    break;
                case 1 when place + sizeof(uint) <= bytes.Length:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(place), 0x0FFFFFFF);
                    break;
                case 2 when place > 0:
                    bytes = bytes[..place];
                    break;
                case 3:
                    bytes = [.. bytes[..place], .. new byte[random.Next(200)], .. bytes[place..]];
                    break;
                default:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return bytes;
    }

    private static byte[] Changed(int place, byte value)
    {
        byte[] bytes = [.. Honest];
        bytes[place] = value;
        return bytes;
    }

    // The members in their order: the name takes 4 bytes, the number 1, the price 16, the time 9, the size 1.
    private static byte[] Write(string name, int number, decimal price)
    {
        ValueWriter writer = default;
        writer.Write(name);
        writer.Write(number);
        writer.Write(price);
        writer.Write(new DateTime(2026, 11, 29));
        writer.Write((byte)ForgedSize.Small);
        writer.WriteCount(1);
        writer.Write(true);
        writer.Write(1m);
        writer.Write(2m);
        writer.Write(Guid.Empty);
        writer.WriteCount(2);
        writer.WriteCount(0);
        writer.WriteCount(1);
        writer.Write('x');
        writer.WriteCount(1);
        writer.Write("key");
        writer.Write(value: true);
        return writer.ToArray();
    }

    // The host expects the signature that the generated code writes. A wrong one is refused with both.
    private static byte[] Signature()
    {
        HostFunctions functions = new HostFunctions().Add(new CountingHost());
        GuestVisibleException error = Assert.Throws<GuestVisibleException>(
            () => functions.Freeze()["IForgedHost.Take"].Body([(ReadOnlyMemory<byte>)new byte[8]], new()));
        string expected = error.Message.Split(" on the other side and ")[1][..16];
        return BitConverter.GetBytes(Convert.ToUInt64(expected, 16));
    }

    private sealed class CountingHost : IForgedHost
    {
        public int Calls { get; private set; }

        public Task<ForgedOrder> TakeAsync(ForgedOrder order)
        {
            Calls++;
            return Task.FromResult(order);
        }
    }

    /// <summary>A sandbox whose guest returns the answer of a host function as its own: of Forge, or of the typed function.</summary>
    private sealed class Forger : IDisposable
    {
        private const int CallsOfScript = 4;
        private const uint WordsReturned = 1024;

        private readonly ScriptedGuest _guest = new();
        private readonly Snapshot _start;

        public Forger(Action<SandboxOptions>? configure = null, byte[]? argument = null)
        {
            byte[] message = new byte[1024];
            long length = argument is null
                ? FunctionCallMessage.Write(message, "Forge", GuestValueKind.Bytes, [])
                : FunctionCallMessage.Write(message, "IForgedHost.Take", GuestValueKind.Bytes, [argument]);
            _guest.Halt();
            for (int i = 0; i < CallsOfScript; i++)
            {
                _guest.Send(message[..(int)length], 101)
                    .Copy(ScriptedGuest.InputBuffer, WordsReturned, ScriptedGuest.OutputBuffer, 108);
            }

            Sandbox = _guest.Start(options =>
            {
                options.HostFunctions.Add("Forge", () => Bytes).Add(Host);
                configure?.Invoke(options);
            });
            _start = Sandbox.TakeSnapshot();
            Guest = IForged.For(Sandbox);
        }

        public byte[] Bytes { get; set; } = [];

        public CountingHost Host { get; } = new();

        public Sandbox Sandbox { get; }

        public IForged Guest { get; }

        public void Restore() => Sandbox.Restore(_start);

        public void Dispose()
        {
            _start.Dispose();
            Sandbox.Dispose();
            _guest.Dispose();
        }
    }
}
