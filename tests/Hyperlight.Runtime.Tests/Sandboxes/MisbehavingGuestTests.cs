using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests guests of each architecture that fail. Attacks on the host and on other guests are in the folder <c>Hostile</c>.
/// </summary>
[Wine]
public class MisbehavingGuestTests
{
    private const string Amd64 = "misbehave";
    private const string I686 = "misbehave32";
    private const string Flat = "misbehave-flat";

    public static TheoryData<string> Guests => [Amd64, I686, Flat];

    [KvmFact]
    public void A_read_without_memory_has_its_address()
    {
        GuestFaultException exception = Fails<GuestFaultException>(I686, sandbox => sandbox.Call("ReadUnmapped"));

        Assert.Equal(new GuestPhysicalAddress(0x8000_0000), exception.Address);
        Assert.Equal((MemoryAccessKind.Read, null), (exception.Access, exception.Region));
    }

    [KvmFact]
    public void A_write_behind_the_guests_own_protection_is_reported_and_changes_nothing()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();

        GuestFaultException exception = Assert.Throws<GuestFaultException>(() => sandbox.Call("WriteSnapshotPhysically"));

        Assert.Equal((MemoryAccessKind.Write, "image"), (exception.Access, exception.Region));
        Assert.InRange(exception.Address!.Value.Value, 0x1000UL, 0x100_0000UL);
        guest.AssertUnchanged();
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_cancel_during_a_host_function_takes_effect_when_that_returns(string name)
    {
        using CancellationTokenSource source = new();

        Fails<OperationCanceledException>(
            name,
            sandbox => sandbox.Call("SpinInHostCall", new CallOptions { CancellationToken = source.Token }),
            options => options.HostFunctions.Add("Block", source.Cancel));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void An_error_fails_its_call_only(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        GuestErrorException exception = Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 12345, "my fault"));

        Assert.Equal(((GuestErrorCode)12345, "my fault"), (exception.Code, exception.GuestMessage));
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Logs_arrive_at_the_level_asked_for(string name)
    {
        using TestGuest guest = new(name);
        List<GuestLogRecord> records = [];
        using Sandbox sandbox = guest.Start(options => (options.Log, options.LogLevel) = (records.Add, GuestLogLevel.Information));

        for (int level = 1; level <= 5; level++)
        {
            sandbox.Call("LogMessage", level, $"at {level}");
        }

        Assert.Equal(
            [(GuestLogLevel.Error, "at 1"), (GuestLogLevel.Warning, "at 2"), (GuestLogLevel.Information, "at 3")],
            records.Select(record => (record.Level, record.Message)));
        Assert.All(records, record => Assert.Equal(("misbehave.c", 42u), (record.SourceFile, record.Line)));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Many_logs_arrive(string name)
    {
        using TestGuest guest = new(name);
        int count = 0;
        using Sandbox sandbox = guest.Start(options => options.Log = _ => count++);

        Assert.Equal(30, sandbox.Call<int>("LogFlood", 30));
        Assert.Equal(30, count);
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_log_sink_that_throws_ends_the_sandbox_with_its_own_exception(string name) => Fails<InvalidTimeZoneException>(
        name, sandbox => sandbox.Call<int>("LogFlood", 1), options => options.Log = _ => throw new InvalidTimeZoneException());

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Writes_to_data_and_bss_stay_in_their_sandbox_and_the_image_stays_the_same(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();

        first.Call("SetDataWord", 1111);
        first.Call("SetBssWord", 2222);
        using Sandbox third = guest.Start();

        Assert.Equal((1111, 2222), (first.Call<int>("DataWord"), first.Call<int>("BssWord")));
        Assert.All([second, third], sandbox => Assert.Equal((42, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord"))));
        guest.AssertUnchanged();
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Heap_and_stack_grow_into_memory_of_the_sandbox(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        Assert.Equal(8, sandbox.Call<int>("AllocateAndTouch", 8));
        Assert.Equal(-1, sandbox.Call<int>("AllocateAndTouch", 100_000));
        Assert.Equal(10, sandbox.Call<int>("Recurse", 10));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void The_guest_finds_the_words_its_host_wrote(string name)
    {
        using TestGuest guest = new(name, request => request with { InitData = new byte[] { 1, 2, 3 } });
        using Sandbox sandbox = guest.Start();
        using Sandbox other = guest.Start();

        Assert.Equal(guest.Image.Map.Scratch.Size, sandbox.Call<ulong>("ReadScratchWord", 8));
        Assert.InRange(
            sandbox.Call<ulong>("ReadScratchWord", 0x10), guest.Image.Map.FirstFreePage.Value,
            guest.Image.Map.Scratch.Gpa.Value + guest.Image.Map.Scratch.Size);
        Assert.Equal(new byte[] { 1, 2, 3 }, sandbox.Call<byte[]>("InitData"));
        Assert.NotEqual(sandbox.Call<ulong>("RandomSeed"), other.Call<ulong>("RandomSeed"));
    }

    [KvmFact]
    public void The_processor_marks_descriptors_of_an_identity_guest_without_getting_stuck()
    {
        using TestGuest guest = new(I686);
        using Sandbox sandbox = guest.Start();

        Assert.Equal(1, sandbox.Call<int>("GdtDataAccessed") & 1);
    }

    private static TException Fails<TException>(string name, Action<Sandbox> call, Action<SandboxOptions>? configure = null)
        where TException : Exception
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(configure);

        TException exception = Assert.Throws<TException>(() => call(sandbox));

        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        Assert.Throws<SandboxPoisonedException>(() => sandbox.Call("DataWord"));
        guest.AssertUnchanged();
        return exception;
    }
}
