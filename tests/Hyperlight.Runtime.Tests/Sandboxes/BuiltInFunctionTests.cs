using System.Buffers.Binary;
using Hyperlight.Functions;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests the host functions that every sandbox offers: the clock and the random numbers.</summary>
[Wine]
public class BuiltInFunctionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [KvmFact]
    public void A_guest_reads_the_clock_of_the_options()
    {
        SetClock clock = new() { Now = Noon, Timestamp = 7 };
        using ScriptedGuest guest = Asking(BuiltInFunctions.Clock, [], times: 2);
        using Sandbox sandbox = guest.Start(options => options.TimeProvider = clock);

        byte[] first = sandbox.Call<byte[]>("Time");
        clock.Now += TimeSpan.FromMicroseconds(1);
        clock.Timestamp++;
        byte[] second = sandbox.Call<byte[]>("Time");

        Assert.Equal(24, first.Length);
        Assert.Equal((Noon.ToUnixTimeSeconds() * 1_000_000_000, 7_000_000), Times(first));
        Assert.Equal((Times(first).Wall + 1000, 8_000_000), Times(second));
        Assert.Equal(Frequency(first), Frequency(second));
    }

    [KvmFact]
    public void The_clock_is_the_systems_by_default()
    {
        using ScriptedGuest guest = Asking(BuiltInFunctions.Clock, [], times: 1);
        using Sandbox sandbox = guest.Start();

        DateTimeOffset before = DateTimeOffset.UtcNow;
        (long wall, long _) = Times(sandbox.Call<byte[]>("Time"));

        Assert.InRange(DateTimeOffset.UnixEpoch.AddTicks(wall / 100), before, DateTimeOffset.UtcNow);
    }

    [KvmFact]
    public void A_time_that_does_not_fit_is_the_nearest_that_does()
    {
        SetClock clock = new() { Now = DateTimeOffset.MaxValue, Timestamp = long.MaxValue };
        using ScriptedGuest guest = Asking(BuiltInFunctions.Clock, [], times: 2);
        using Sandbox sandbox = guest.Start(options => options.TimeProvider = clock);

        Assert.Equal((long.MaxValue, long.MaxValue), Times(sandbox.Call<byte[]>("Time")));
        (clock.Now, clock.Timestamp) = (DateTimeOffset.MinValue, long.MinValue);
        Assert.Equal((long.MinValue, long.MinValue), Times(sandbox.Call<byte[]>("Time")));
    }

    /// <summary>
    /// The guest counts with RDTSC what the host measures with its own clock. The first answer of a busy machine may be late.
    /// </summary>
    [KvmFact]
    public void The_frequency_is_that_of_the_guests_time_stamp_counter()
    {
        // rdtsc; out 101, eax; and so on.
        using TinyGuest guest = TinyGuest.ProtectedMode(Hypervisor.Chosen, 0x0F, 0x31, 0xE7, 0x65, 0xEB, 0xFA);
        ulong frequency = guest.Machine.TscFrequency;
        Assert.SkipWhen(frequency == 0, "the time-stamp counter of this machine has no constant speed");

        double nearest = Enumerable.Range(0, 5).Select(_ => Math.Abs(Measure(guest) - frequency) / frequency).Min();

        Assert.InRange(nearest, 0, 0.02);
    }

    [KvmTheory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(300)]
    public void A_guest_gets_as_many_random_bytes_as_it_asks_for(int count)
    {
        using ScriptedGuest guest = Asking(BuiltInFunctions.Random, [count], times: 2);
        using Sandbox sandbox = guest.Start();

        byte[] first = sandbox.Call<byte[]>("Random");
        byte[] second = sandbox.Call<byte[]>("Random");

        Assert.Equal((count, count), (first.Length, second.Length));
        Assert.True(count < 8 || !first.AsSpan().SequenceEqual(second));
    }

    [KvmTheory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(4097)]
    [InlineData(int.MaxValue)]
    public void Another_count_of_random_bytes_is_error_17_and_allocates_nothing(int count)
    {
        using ScriptedGuest guest = Asking(BuiltInFunctions.Random, [count], times: 1);
        using Sandbox sandbox = guest.Start();

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<byte[]>("Random"));

        Assert.Equal(GuestErrorCode.HostFunctionError, error.Code);
        Assert.Equal($"HyperlightRandom gives 1 to 4096 bytes, the call asks for {count}", error.GuestMessage);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [Fact]
    public void The_most_random_bytes_are_a_page() =>
        Assert.Equal(4096, BuiltInFunctions.GiveRandomBytes.Body([4096], new()).AsBytes().Length);

    [Theory]
    [InlineData("HyperlightClock")]
    [InlineData("HyperlightRandom")]
    public void Their_names_are_reserved(string name)
    {
        SandboxOptions options = new();

        ArgumentException error = Assert.Throws<ArgumentException>(() => options.HostFunctions.Add(name, () => 1));

        Assert.StartsWith(
            $"{name} is a function that every sandbox offers, and cannot be replaced", error.Message, StringComparison.Ordinal);
        Assert.Empty(options.HostFunctions.Names);
    }

    [KvmFact]
    public void A_snapshot_does_not_ask_for_them()
    {
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Now", () => "noon"));
        using Snapshot snapshot = sandbox.TakeSnapshot();

        Assert.Equal(["HostPrint", "Now"], snapshot.Content.HostFunctions.Keys);
    }

    /// <summary>Creates a guest that calls a host function in each call, and returns the answer of the host.</summary>
    private static ScriptedGuest Asking(string function, ReadOnlySpan<GuestValue> arguments, int times)
    {
        byte[] message = new byte[512];
        long length = FunctionCallMessage.Write(message, function, GuestValueKind.Bytes, arguments);
        ScriptedGuest guest = new ScriptedGuest().Halt();
        for (int i = 0; i < times; i++)
        {
            // The answer is the last message in the input buffer, in front of which lies the call of the host.
            guest.Send(message[..(int)length], 101).ReturnInput();
        }

        return guest;
    }

    private static (long Wall, long Monotonic) Times(byte[] answer) =>
        (BinaryPrimitives.ReadInt64LittleEndian(answer), BinaryPrimitives.ReadInt64LittleEndian(answer.AsSpan(8)));

    private static ulong Frequency(byte[] answer) => BinaryPrimitives.ReadUInt64LittleEndian(answer.AsSpan(16));

    private static double Measure(TinyGuest guest)
    {
        long begin = TimeProvider.System.GetTimestamp();
        uint first = guest.Machine.Run().Value;
        Thread.Sleep(20);
        uint last = guest.Machine.Run().Value;
        return unchecked(last - first) / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }
}
