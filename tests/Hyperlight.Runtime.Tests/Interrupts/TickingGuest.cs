using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>Guests that count the ticks of a timer, and a clock that is such a guest.</summary>
internal static class TickingGuest
{
    /// <summary>A timer period in microseconds that leaves an emulated processor time for other work.</summary>
    public const uint Period = 2000;

    public static TheoryData<string> Names => ["ticks", "ticks-flat", "ticks32"];

    /// <summary>The name of the guest with 32-bit paging.</summary>
    public const string Paged = "ticks-paged";

    public static TestGuest Bake(string name) =>
        new(name, request => request with { Sizes = request.Sizes with { HardwareInterrupts = true } });

    /// <summary>
    /// Starts a guest whose host function Wait returns when the guest of another sandbox, the clock, has counted ten ticks.
    /// </summary>
    public static Sandbox StartWithClock(TestGuest guest, Sandbox clock, Action<Sandbox>? look = null)
    {
        Sandbox? sandbox = null;
        return sandbox = guest.Start(options => options.HostFunctions.Add("Wait", () =>
        {
            look?.Invoke(sandbox!);
            clock.Call<uint>("Count", 10u, Period);
        }));
    }
}
