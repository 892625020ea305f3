using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Regions;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>Runs the life of a sandbox again and again. Each time one more request succeeds before one is refused.</summary>
internal static class Refusals
{
    /// <summary>Asserts that each refusal leaves the documented state and leaks nothing, and that the next sandbox works.</summary>
    /// <param name="name">The name of the guest.</param>
    /// <param name="refuse">Gets the refusal with a number, which begins at 1.</param>
    /// <returns>The steps of the life in which requests were refused, and the names of these requests.</returns>
    public static HashSet<(string Step, string Request)> InTurn(string name, Func<int, IRefusal> refuse)
    {
        using TestGuest guest = new(name);
        using GuestFile file = new(5000);
        using SharedRegion region = SharedRegion.FromBytes("region", [7]);
        HashSet<(string Step, string Request)> refused = [];
        guest.Start().Dispose();
        HostState before = HostState.WithKeptMachine();
        for (int number = 1; ; number++)
        {
            IRefusal refusal = refuse(number);
            string? step;
            string? request;
            using (refusal)
            using (RefusedScenario scenario = new(guest, file.Path, region, GuestFile.FreeAddress(name), refusal))
            {
                step = scenario.Run();
                request = refusal.Request;
            }

            using (Sandbox next = guest.Start(options => options.Hypervisor = refusal.Hypervisor))
            {
                Assert.Equal(42, next.Call<int>("DataWord"));
            }

            HostState after = HostState.WithKeptMachine();
            Assert.True(before == after, $"{request} in {step} leaked: {before} became {after}");
            Assert.True(refusal.Leak() is null, $"{request} in {step} leaked {refusal.Leak()}");
            if (step is null)
            {
                return refused;
            }

            refused.Add((step, request!));
        }
    }
}
