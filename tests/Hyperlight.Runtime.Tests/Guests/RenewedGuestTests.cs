namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// Tests that guests of the kit have the time and random numbers of their host, also after a restore and in each sandbox of a snapshot.
/// </summary>
public sealed class RenewedGuestTests : IDisposable
{
    private const string Source = """
        #include <hyperlight_guest.h>
        static uint64_t draw(void) { uint64_t number; hl_random(&number, sizeof(number)); return number; }
        static int32_t number(void) { return rand(); }
        static int64_t wall(void) { return hl_clock(hl_Clock_Wall); }
        static int64_t monotonic(void) { return hl_clock(hl_Clock_Monotonic); }
        HYPERLIGHT_WRAP_FUNCTION(draw, ULong, 0)
        HYPERLIGHT_WRAP_FUNCTION(number, Int, 0)
        HYPERLIGHT_WRAP_FUNCTION(wall, Long, 0)
        HYPERLIGHT_WRAP_FUNCTION(monotonic, Long, 0)
        void hyperlight_main(void)
        {
            HYPERLIGHT_REGISTER_FUNCTION("Draw", draw);
            HYPERLIGHT_REGISTER_FUNCTION("Number", number);
            HYPERLIGHT_REGISTER_FUNCTION("Wall", wall);
            HYPERLIGHT_REGISTER_FUNCTION("Monotonic", monotonic);
        }
        """;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly KitBuild _kit = new();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-renewed-");

    public void Dispose()
    {
        _kit.Dispose();
        _root.Delete(recursive: true);
    }

    [KvmTheory]
    [InlineData("amd64")]
    [InlineData("i686-identity")]
    public void Every_sandbox_of_a_snapshot_has_the_time_and_random_numbers_of_its_own(string architecture)
    {
        using TestGuest guest = Build(architecture);
        HashSet<(ulong, int)> drawn = [];
        StoppedClock clock = new() { Now = Start };
        using Sandbox sandbox = guest.Start(options => options.TimeProvider = clock);
        Check(sandbox, drawn, clock);

        using Snapshot used = sandbox.TakeSnapshot();
        for (int restore = 0; restore < 3; restore++)
        {
            clock.Now += TimeSpan.FromDays(1);
            sandbox.Restore(used);
            Check(sandbox, drawn, clock);
        }

        used.Save(_root.FullName, "used");
        using Snapshot loaded = Snapshot.Load(_root.FullName, "used");
        foreach (Snapshot source in (Snapshot[])[used, used, loaded, loaded])
        {
            clock.Now -= TimeSpan.FromDays(400);
            using Sandbox clone = source.CreateSandbox(options => options.TimeProvider = clock);
            Check(clone, drawn, clock);
        }

        using SandboxPool pool = new(loaded, options =>
        {
            options.Configure = sandbox => sandbox.TimeProvider = clock;
            options.MaxCount = 1;
        });
        for (int tenant = 0; tenant < 3; tenant++)
        {
            clock.Now += TimeSpan.FromHours(1);
            using SandboxLease lease = pool.Rent(TestContext.Current.CancellationToken);
            Check(lease.Sandbox, drawn, clock);
        }
    }

    [KvmFact]
    public void A_guest_counts_on_between_two_questions()
    {
        using TestGuest guest = Build("amd64");
        using Sandbox sandbox = guest.Start();

        long first = sandbox.Call<long>("Monotonic");
        long begin = TimeProvider.System.GetTimestamp();
        Thread.Sleep(50);
        double passed = TimeProvider.System.GetElapsedTime(begin).TotalNanoseconds;
        long second = sandbox.Call<long>("Monotonic");

        Assert.InRange(second - first, passed * 0.98, TimeProvider.System.GetElapsedTime(begin).TotalNanoseconds * 1.2 + 5e6);
    }

    private static void Check(Sandbox sandbox, HashSet<(ulong, int)> drawn, StoppedClock clock)
    {
        const long Minute = 60_000_000_000;
        int questions = clock.Questions;
        long told = clock.Now.ToUnixTimeMilliseconds() * 1_000_000;
        Assert.InRange(sandbox.Call<long>("Wall"), told, told + Minute);
        Assert.InRange(sandbox.Call<long>("Wall"), told, told + Minute);

        // Without paging a restore does not change the words by which the kit knows that it has asked, so that each call asks.
        Assert.Equal(questions + (sandbox.Layout.Architecture == "amd64" ? 1 : 2), clock.Questions);
        for (int draw = 0; draw < 3; draw++)
        {
            Assert.True(drawn.Add((sandbox.Call<ulong>("Draw"), sandbox.Call<int>("Number"))), "the guest drew the same numbers again");
        }
    }

    private TestGuest Build(string architecture)
    {
        Assert.SkipWhen(KitBuild.Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        Assert.True(_kit.TryBuildText(Source, architecture, KitBuild.Compilers[0], out string elf, out string errors), errors);
        return TestGuest.FromFile(elf);
    }

    /// <summary>A clock that a test moves. The guest counts on from the moment at which it asked.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public int Questions { get; private set; }

        public override DateTimeOffset GetUtcNow()
        {
            Questions++;
            return Now;
        }
    }
}
