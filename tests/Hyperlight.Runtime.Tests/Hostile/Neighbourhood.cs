using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>An image of a hostile guest, a sandbox of the image that is not attacked, and a snapshot of a started guest.</summary>
internal sealed class Neighbourhood : IDisposable
{
    // With at least this many bytes of init data the guest runs the init data as code.
    private const int LeastInitCode = 16;

    // Enough for a start that succeeds, also on a processor that is emulated on two levels.
    private static readonly TimeSpan LongestStart = TimeSpan.FromMilliseconds(500);

    /// <param name="guest">The name of the guest.</param>
    /// <param name="atStart">Machine code that victims run in their initialisation; empty if there is none.</param>
    public Neighbourhood(string guest, byte[] atStart)
    {
        byte[] initData = [.. atStart, .. new byte[Math.Max(0, LeastInitCode - atStart.Length)]];
        Image = new(guest, request => request with { InitData = atStart.Length == 0 ? [] : initData });
        Neighbour = Image.Start(options => Configure(options, misbehaveAtStart: false));
        Start = Neighbour.TakeSnapshot();
        Neighbour.Call("SetBssWord", 7);
    }

    public TestGuest Image { get; }

    public Sandbox Neighbour { get; }

    public Snapshot Start { get; }

    /// <summary>Starts a sandbox whose guest runs the machine code in its initialisation.</summary>
    public Sandbox StartVictim() => Image.Start(options =>
    {
        Configure(options, misbehaveAtStart: true);
        options.StartTimeout = LongestStart;
    });

    /// <summary>Creates a sandbox from the snapshot of a guest that started normally.</summary>
    /// <param name="hypervisor">The hypervisor that the sandbox runs on; <c>null</c> for that of the process.</param>
    public Sandbox CreateVictim(IHypervisor? hypervisor = null) => Start.CreateSandbox(options =>
    {
        Configure(options, misbehaveAtStart: false);
        options.Hypervisor = hypervisor ?? options.Hypervisor;
    });

    public void Dispose()
    {
        Start.Dispose();
        Neighbour.Dispose();
        Image.Dispose();
    }

    private static void Configure(SandboxOptions options, bool misbehaveAtStart)
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        options.HostFunctions
            .Add("MisbehaveAtStart", () => misbehaveAtStart)
            .Add("Add", (int a, int b) => a + b)
            .Add("Big", () => new byte[20_000])
            .Add("Throw", () => throw new InvalidTimeZoneException(Victim.Forgery));
    }
}
