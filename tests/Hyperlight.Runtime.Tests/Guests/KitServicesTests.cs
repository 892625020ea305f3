using System.Text;
using Hyperlight.Baking;
using Hyperlight.Runtime.Tests.Sandboxes;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Tests what guests of the kit get from the host: random numbers, the time and texts.</summary>
public sealed class KitServicesTests
{
    private const int Wall = 0, Monotonic = 1;

    /// <summary>Leaves the ELF file for the lab.</summary>
    [Fact]
    public void A_paged_32_bit_guest_that_asks_the_host_becomes_an_image_without_a_finding()
    {
        List<Finding> findings = [];
        Assert.NotNull(
            GuestBaker.Bake(new() { GuestName = "services", Guest = File.ReadAllBytes(KitBuild.Services("i686-paged")) }, findings));
        Assert.DoesNotContain(findings, finding => finding.Rule.Severity > FindingSeverity.Information);
    }

    [KvmTheory]
    [InlineData("amd64")]
    [InlineData("i686")]
    [InlineData("i686-identity")]
    public void A_guest_of_the_kit_gets_random_numbers_the_time_and_texts(string architecture)
    {
        string elf = KitBuild.Services(architecture);
        using (TestGuest guest = TestGuest.FromFile(elf))
        {
            DrawsOtherNumbersInEachSandbox(guest);
            TellsTheTimeAfterARestore(guest);
            RefusesTextsWithANul(guest);
        }

        GoesOnWithoutTheFunctionsOfTheHost(elf);
    }

    [KvmFact(Needs.Paging32)]
    public void A_paged_32_bit_guest_of_the_kit_gets_random_numbers_the_time_and_texts() =>
        A_guest_of_the_kit_gets_random_numbers_the_time_and_texts("i686-paged");

    private static void DrawsOtherNumbersInEachSandbox(TestGuest guest)
    {
        using Sandbox sandbox = guest.Start();
        HashSet<ulong> seen = [];
        Draw(sandbox, seen);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox clone = snapshot.CreateSandbox();
        Draw(sandbox, seen);
        Draw(clone, seen);
        sandbox.Restore(snapshot);
        Draw(sandbox, seen);
    }

    /// <summary>
    /// Draws numbers in all ways. A number of 8 bytes that was seen before fails the test, one of 4 bytes may come twice.
    /// </summary>
    private static void Draw(Sandbox sandbox, HashSet<ulong> seen)
    {
        int[] rands = [.. Enumerable.Range(0, 20).Select(_ => sandbox.Call<int>("Rand"))];
        Assert.All(rands, number => Assert.InRange(number, 0, int.MaxValue));
        Assert.InRange(rands.Distinct().Count(), 19, 20);
        foreach (int count in new[] { 0, 8, 32, 40, 96, 1000 })
        {
            byte[] bytes = sandbox.Call<byte[]>("Draw", count);
            Assert.Equal(count, bytes.Length);
            Assert.All(bytes.Chunk(8), number => Assert.True(seen.Add(BitConverter.ToUInt64(number))));
        }
    }

    private static void TellsTheTimeAfterARestore(TestGuest guest)
    {
        SetClock clock = new() { Now = new(2040, 1, 2, 3, 4, 5, TimeSpan.Zero), Timestamp = 7000 };
        using Sandbox sandbox = guest.Start(options => options.TimeProvider = clock);
        (long wall, long monotonic) = (sandbox.Call<long>("Clock", Wall), sandbox.Call<long>("Clock", Monotonic));
        Assert.InRange(wall, clock.Now.ToUnixTimeSeconds() * 1_000_000_000, (clock.Now.ToUnixTimeSeconds() + 60) * 1_000_000_000);
        Assert.InRange(monotonic, 7_000_000_000, 67_000_000_000);

        using Snapshot snapshot = sandbox.TakeSnapshot();
        clock.Now += TimeSpan.FromDays(1);
        clock.Timestamp += 86_400_000;
        sandbox.Restore(snapshot);
        Assert.InRange(sandbox.Call<long>("Clock", Wall) - wall, 86_340_000_000_000, 86_460_000_000_000);
        Assert.InRange(sandbox.Call<long>("Clock", Monotonic) - monotonic, 86_340_000_000_000, 86_460_000_000_000);
    }

    private static void RefusesTextsWithANul(TestGuest guest)
    {
        string text = "before\0after";
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Text", () => text));
        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Text"));
        Assert.Equal("The host function's text contains a NUL, where it would end in a guest: return bytes", error.GuestMessage);

        text = "hé😀";
        Assert.Equal(text, sandbox.Call<string>("Text"));
        text = "";
        Assert.Equal(text, sandbox.Call<string>("Text"));
    }

    /// <summary>
    /// A host of upstream has no such functions. Here the guest asks for other names, which this host does not have either.
    /// </summary>
    private static void GoesOnWithoutTheFunctionsOfTheHost(string elf)
    {
        byte[] changed = File.ReadAllBytes(elf);
        foreach (string name in new[] { "HyperlightClock", "HyperlightRandom" })
        {
            changed[changed.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name + "\0"))] = (byte)'X';
        }

        List<string> log = [];
        using TestGuest guest = TestGuest.FromElf(changed);
        using Sandbox sandbox = guest.Start(options =>
        {
            options.LogLevel = GuestLogLevel.Warning;
            options.Log = record => log.Add(record.Message);
        });
        HashSet<ulong> seen = [];
        Draw(sandbox, seen);
        Draw(sandbox, seen);
        long first = sandbox.Call<long>("Clock", Wall);
        Assert.InRange(first, 0, 20L * 365 * 86_400 * 1_000_000_000);
        Assert.InRange(sandbox.Call<long>("Clock", Wall) - first, 1, 600L * 1_000_000_000);
        Assert.InRange(sandbox.Call<long>("Clock", Monotonic) - first, 1, 600L * 1_000_000_000);
        Assert.Single(log, line => line.StartsWith("The host has no function HyperlightRandom", StringComparison.Ordinal));
        Assert.Single(log, line => line.StartsWith("The host has no function HyperlightClock", StringComparison.Ordinal));
        Assert.Equal(2, log.Count);
    }
}
