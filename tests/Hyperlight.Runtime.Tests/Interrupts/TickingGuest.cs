using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>The guests that count ticks of a timer, and a clock made of one.</summary>
internal static class TickingGuest
{
    /// <summary>Microseconds that leave an emulated processor time for the rest.</summary>
    public const uint Period = 2000;

    public static TheoryData<string> Names => ["ticks", "ticks-flat", "ticks32"];

    /// <summary>The one that needs 32-bit paging.</summary>
    public const string Paged = "ticks-paged";

    public static TestGuest Bake(string name) =>
        new(name, request => request with { Sizes = request.Sizes with { HardwareInterrupts = true } });

    /// <summary>Starts a guest whose host function Wait takes until another guest has counted ten ticks.</summary>
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
