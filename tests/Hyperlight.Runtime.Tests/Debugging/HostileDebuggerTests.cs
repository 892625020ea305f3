using System.Globalization;
using System.Text;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>Tests that a debugger that misbehaves harms neither the guest nor the next debugger.</summary>
public sealed class HostileDebuggerTests : IDisposable
{
    private const string AtInstruction = "T05thread:1;";
    private const string AtBreakpoint = "T05swbreak:;thread:1;";
    private const string Closed = "(closed)";

    private readonly DebuggedGuest _guest = new("hello");

    public void Dispose() => _guest.Dispose();

    [KvmTheory(Needs.Kvm)]
    [InlineData("POST / HTTP/1.1\r\n\r\n$c#63", true)]
    [InlineData("$m0,8#zz", true)]
    [InlineData("\0", true)]
    [InlineData("$m1000,", false)]
    [InlineData("$c#6", false)]
    [InlineData("----\u0003\u0003", false)]
    [InlineData("", false)]
    public async Task A_debugger_that_sends_garbage_or_vanishes_lets_the_guest_go_on(string bytes, bool isGarbage)
    {
        using Sandbox sandbox = _guest.Start();
        using (GdbClient gdb = _guest.Connect())
        {
            Task<int> call = Stop(gdb, sandbox);
            gdb.SendBytes(Encoding.Latin1.GetBytes(bytes));
            if (isGarbage)
            {
                Assert.Equal(Closed, gdb.Receive());
                Assert.Equal(5, await call);
            }

            gdb.Dispose();
            Assert.Equal(5, await call);
        }

        await AssertServed(sandbox);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_debugger_that_vanishes_at_a_breakpoint_takes_its_breakpoints_along()
    {
        using Sandbox sandbox = _guest.Start();
        ulong address;
        using (GdbClient gdb = _guest.Connect())
        {
            Task<int> call = Stop(gdb, sandbox);
            Assert.Equal(AtInstruction, gdb.Ask("s"));
            address = gdb.Register(GdbClient.Rip);
            Assert.Equal("OK", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"Z0,{address:x},1")));
            gdb.Send("c");
            Assert.Equal(5, await call);
            call = DebuggedGuest.Call(sandbox);
            Assert.Equal(AtBreakpoint, gdb.Receive());
            Assert.Equal(address, gdb.Register(GdbClient.Rip));
            gdb.Dispose();
            Assert.Equal(5, await call);
        }

        await AssertServed(sandbox);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_debugger_that_asks_and_never_reads_is_left()
    {
        using Sandbox sandbox = _guest.Start();
        using (GdbClient gdb = _guest.Connect())
        {
            Task<int> call = Stop(gdb, sandbox);
            string read = string.Create(CultureInfo.InvariantCulture, $"m{gdb.Register(GdbClient.Rip):x},1000");
            for (int i = 0; i < 200; i++)
            {
                gdb.Send(read);
            }

            Assert.Equal(5, await call);
        }

        await AssertServed(sandbox);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_second_debugger_waits_until_the_first_has_left()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient first = _guest.Connect();
        Task<int> call = Stop(first, sandbox);
        using GdbClient second = GdbClient.Open(_guest.Place);
        second.Send("?");
        Assert.Equal("1", first.Ask("qAttached"));
        Assert.False(second.HasReceived);

        // The second debugger may stop the guest before the call ends.
        first.Dispose();
        Assert.StartsWith("T0", second.Receive(), StringComparison.Ordinal);
        Assert.Equal("OK", second.Ask("D"));
        Assert.Equal(5, await call);
        await AssertServed(sandbox);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_debugger_that_talks_to_a_running_guest_stops_nothing()
    {
        using DebuggedGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using CancellationTokenSource source = new();
        using GdbClient gdb = guest.Connect();
        gdb.Send("s");
        Task call = Task.Run(() => sandbox.Call("Spin", new CallOptions { CancellationToken = source.Token }));
        Assert.Equal(AtInstruction, gdb.Receive());
        gdb.Send("c");

        Assert.Equal("E01", gdb.Ask("g"));
        Assert.False(call.IsCompleted);
        gdb.SendBytes([.. Enumerable.Repeat((byte)3, 1000)]);
        Assert.Equal("T02thread:1;", gdb.Receive());
        Assert.Equal("1", gdb.Ask("qAttached"));
        gdb.Dispose();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_sandbox_that_is_disposed_while_its_guest_is_stopped_ends_its_call_and_its_debugger()
    {
        using Sandbox sandbox = _guest.Start();
        using GdbClient gdb = _guest.Connect();
        Task<int> call = Stop(gdb, sandbox);

        sandbox.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        Assert.Equal(Closed, gdb.Receive());
        Assert.False(File.Exists(_guest.Place));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_start_that_waits_for_a_debugger_can_be_cancelled()
    {
        using CancellationTokenSource source = new();
        Task<Sandbox> start = Task.Run(() => _guest.Image.CreateSandbox(_guest.ConfigureWaiting, source.Token));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(_guest.Place), TimeSpan.FromSeconds(30)));
        Assert.False(start.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => start);
        Assert.False(File.Exists(_guest.Place));
    }

    [KvmFact(Needs.Kvm)]
    public async Task A_debugger_stays_with_a_sandbox_of_a_pool_from_tenant_to_tenant()
    {
        using SandboxPool pool = new(_guest.Image, options => (options.MaxCount, options.Configure) = (1, _guest.Configure));
        Assert.True(SpinWait.SpinUntil(() => pool.ReadyCount == 1, TimeSpan.FromSeconds(30)));
        using GdbClient gdb = _guest.Connect();
        gdb.Send("s");
        Task<int> first = Rent(pool);
        Assert.Equal(AtInstruction, gdb.Receive());
        string address = gdb.Register(GdbClient.Rip).ToString("x", CultureInfo.InvariantCulture);
        Assert.Equal("OK", gdb.Ask($"Z0,{address},1"));
        gdb.Send("c");
        Assert.Equal(5, await first);

        Task<int> second = Rent(pool);
        Assert.Equal(AtBreakpoint, gdb.Receive());
        gdb.Dispose();
        Assert.Equal(5, await second);
        Assert.Equal(5, await Rent(pool));
    }

    private static Task<int> Rent(SandboxPool pool) => Task.Run(() =>
    {
        using SandboxLease lease = pool.Rent();
        return lease.Sandbox.Call<int>("EchoInt", 5);
    }).WaitAsync(TimeSpan.FromSeconds(20));

    // Begins a call that stops at its first instruction.
    private static Task<int> Stop(GdbClient gdb, Sandbox sandbox)
    {
        gdb.Send("s");
        Task<int> call = DebuggedGuest.Call(sandbox);
        Assert.Equal(AtInstruction, gdb.Receive());
        return call;
    }

    // The next debugger finds a guest without breakpoints.
    private async Task AssertServed(Sandbox sandbox)
    {
        using GdbClient next = _guest.Connect();
        Assert.Equal("1", next.Ask("qAttached"));
        next.Send("c");
        Assert.Equal(5, await DebuggedGuest.Call(sandbox));
        next.Interrupt();
        Assert.Equal("T02thread:1;", next.Receive());
        Assert.Equal("OK", next.Ask("D"));
        Assert.Equal(5, await DebuggedGuest.Call(sandbox));
    }
}
