using System.Globalization;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>Tests what a debugger can do with a guest.</summary>
public sealed class DebugServerTests : IDisposable
{
    private const string AtInstruction = "T05thread:1;";
    private const string AtBreakpoint = "T05swbreak:;thread:1;";
    private const string Interrupted = "T02thread:1;";
    private const string Crashed = "T0bthread:1;";

    private readonly DebuggedGuest _guest = new("hello");

    public void Dispose() => _guest.Dispose();

    [KvmFact(Needs.Kvm)]
    public async Task A_guest_waits_for_its_debugger_and_goes_on()
    {
        Task<Sandbox> start = Task.Run(() => _guest.Start(_guest.ConfigureWaiting));
        using GdbClient gdb = _guest.Connect();

        Assert.Equal(AtInstruction, gdb.Ask("?"));
        Assert.Equal(_guest.Image.EntryPoint.Value, gdb.Register(GdbClient.Rip));
        Assert.False(start.IsCompleted);
        gdb.Send("c");
        using Sandbox sandbox = await start;

        Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        sandbox.Dispose();
        Assert.Equal("W00", gdb.Receive());
        Assert.False(File.Exists(_guest.Place));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_debugger_that_asks_while_the_guest_is_being_started_waits()
    {
        using SemaphoreSlim isStarting = new(0);
        WatchedHypervisor hypervisor = new(Hypervisor.Chosen)
        {
            Before = request =>
            {
                if (request == nameof(IVirtualMachine.Start))
                {
                    isStarting.Release();
                    Thread.Sleep(50);
                }
            },
        };
        Task<Sandbox> start = Task.Run(() => _guest.Start(options =>
        {
            _guest.ConfigureWaiting(options);
            options.Hypervisor = hypervisor;
        }));
        using GdbClient gdb = _guest.Connect();
        await isStarting.WaitAsync(TestCanceled);

        Assert.Equal(_guest.Image.EntryPoint.Value, gdb.Register(GdbClient.Rip));
        gdb.Send("c");
        using Sandbox sandbox = await start;
    }

    [KvmFact(Needs.Kvm)]
    public async Task Steps_and_breakpoints_stop_where_they_should_and_change_no_memory()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s"); // no call is running: up to the first instruction of the next call
        Task<int> call = DebuggedGuest.Call(sandbox);
        Assert.Equal(AtInstruction, gdb.Receive());
        List<ulong> path = [gdb.Register(GdbClient.Rip)];
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(AtInstruction, gdb.Ask("s"));
            path.Add(gdb.Register(GdbClient.Rip));
        }

        Assert.Equal(6, path.Distinct().Count());
        string code = gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"m{path[5]:x},8"));
        Assert.Equal("OK", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"Z0,{path[5]:x},1")));
        Assert.Equal(code, gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"m{path[5]:x},8")));
        gdb.Send("c");
        Assert.Equal(5, await call);

        call = DebuggedGuest.Call(sandbox);
        Assert.Equal(AtBreakpoint, gdb.Receive());
        Assert.Equal(path[5], gdb.Register(GdbClient.Rip));
        Assert.Equal("OK", gdb.Ask("D"));
        Assert.Equal(5, await call);
        Assert.Equal(5, await DebuggedGuest.Call(sandbox));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_range_of_steps_goes_through_a_whole_call_with_its_ports()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<string> call = Task.Run(() => sandbox.Call<string>("SayHello", "World"));
        Assert.Equal(AtInstruction, gdb.Receive());
        gdb.Send("vCont;r0,ffffffffffffffff:1");

        Assert.Equal("Hello, World!", await call.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_change_of_watched_memory_stops_the_guest()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<int> call = DebuggedGuest.Call(sandbox);
        Assert.Equal(AtInstruction, gdb.Receive());
        ulong below = gdb.Register(GdbClient.Rsp) - 8;
        Assert.Equal("OK", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"M{below:x},8:a5a5a5a5a5a5a5a5")));
        Assert.Equal("OK", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"Z2,{below:x},8")));

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"T05watch:{below:x};thread:1;"), gdb.Ask("c"));
        Assert.NotEqual("a5a5a5a5a5a5a5a5", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"m{below:x},8")));
        gdb.Dispose();
        Assert.Equal(5, await call);
    }

    [KvmFact(Needs.Kvm)]
    public async Task Code_that_other_sandboxes_share_cannot_be_written()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        ulong rip = _guest.Image.EntryPoint.Value;

        Assert.Equal("E01", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"M{rip:x},1:cc")));
        Assert.Equal("E01", gdb.Ask("m0,8"));
        Assert.Equal(16, gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"m{rip:x},8")).Length);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_timeout_pauses_while_the_guest_is_stopped()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<int> call = Task.Run(() => sandbox.Call<int>("EchoInt", new CallOptions { Timeout = TimeSpan.FromMilliseconds(200) }, 5));
        Assert.Equal(AtInstruction, gdb.Receive());

        Assert.False(SpinWait.SpinUntil(() => call.IsCompleted, 500));
        gdb.Send("c");
        Assert.Equal(5, await call);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_call_that_is_cancelled_while_it_is_stopped_ends_and_the_guest_can_be_inspected()
    {
        using CancellationTokenSource source = new();
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<int> call = Task.Run(() => sandbox.Call<int>("EchoInt", new CallOptions { CancellationToken = source.Token }, 5));
        Assert.Equal(AtInstruction, gdb.Receive());
        ulong rip = gdb.Register(GdbClient.Rip);

        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        Assert.Equal(rip, gdb.Register(GdbClient.Rip));
        Assert.Equal("E01", gdb.Ask("P10=0000000000000000"));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_crash_can_be_inspected_before_and_after_the_call_ends()
    {
        using DebuggedGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using GdbClient gdb = guest.Connect();
        gdb.Send("c");
        Task call = Task.Run(() => sandbox.Call("WriteSnapshotPhysically"));

        Assert.Equal(Crashed, gdb.Receive());
        ulong rip = gdb.Register(GdbClient.Rip);
        gdb.Send("c");
        GuestFaultException fault = await Assert.ThrowsAsync<GuestFaultException>(() => call);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"0x{rip:X}"), fault.Message, StringComparison.Ordinal);

        gdb.Interrupt();
        Assert.Equal(Interrupted, gdb.Receive());
        Assert.Equal(rip, gdb.Register(GdbClient.Rip));
        Assert.Equal(32, gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"m{rip:x},10")).Length);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_guest_that_loops_can_be_interrupted_and_its_call_goes_on()
    {
        using DebuggedGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using CancellationTokenSource source = new();
        using GdbClient gdb = guest.Connect();
        gdb.Send("s");
        Task call = Task.Run(() => sandbox.Call("Spin", new CallOptions { CancellationToken = source.Token }));
        Assert.Equal(AtInstruction, gdb.Receive());
        for (int i = 0; i < 3; i++)
        {
            gdb.Send("c");
            gdb.Interrupt();
            Assert.Equal(Interrupted, gdb.Receive());
        }

        Assert.False(call.IsCompleted);
        Assert.Equal("OK", gdb.Ask("D"));
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_snapshot_that_is_taken_and_restored_meanwhile_works()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<int> call = DebuggedGuest.Call(sandbox);
        Assert.Equal(AtInstruction, gdb.Receive());
        Assert.Equal(AtInstruction, gdb.Ask("s"));
        string address = gdb.Register(GdbClient.Rip).ToString("x", CultureInfo.InvariantCulture);
        Assert.Equal("OK", gdb.Ask($"Z0,{address},1"));
        gdb.Send("c");
        Assert.Equal(5, await call);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        for (int i = 0; i < 2; i++)
        {
            call = DebuggedGuest.Call(sandbox);
            Assert.Equal(AtBreakpoint, gdb.Receive());
            gdb.Send("c");
            Assert.Equal(5, await call);
            sandbox.Restore(snapshot);
        }

        // The breakpoint is not part of the snapshot.

        using Sandbox other = snapshot.CreateSandbox();
        Assert.Equal(5, await DebuggedGuest.Call(other));
    }

    [KvmFact(Needs.Kvm)]
    public async Task Only_the_user_may_connect_to_the_socket()
    {
        using Sandbox sandbox = _guest.Start();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(_guest.Place).UnixFileMode);
    }

    [KvmFact(Needs.Kvm)]
    public void A_place_that_is_taken_is_HL5011()
    {
        using Sandbox sandbox = _guest.Start();

        HyperlightException refused = Assert.Throws<HyperlightException>(() => _guest.Start(_guest.ConfigureWaiting));

        Assert.Equal(Rules.DebuggerCannotListen, refused.Finding!.Rule);
        Assert.True(File.Exists(_guest.Place));
        Assert.Equal(5, sandbox.Call<int>("EchoInt", 5));
    }

    [KvmFact(Needs.Kvm)]
    public void A_hypervisor_that_cannot_step_is_HL5012()
    {
        Finding finding = new WhpHypervisor(null!, null!, null!).CheckDebugging()!;
        WatchedHypervisor hypervisor = new(Hypervisor.Chosen) { Undebuggable = finding };

        HypervisorException refused = Assert.Throws<HypervisorException>(() => _guest.Start(options => options.Hypervisor = hypervisor));

        Assert.Equal(Rules.DebuggerNotSupported, finding.Rule);
        Assert.Equal(finding, refused.Finding);
        Assert.False(File.Exists(_guest.Place));
    }
}
