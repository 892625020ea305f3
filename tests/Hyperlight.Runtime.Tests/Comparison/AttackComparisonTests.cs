using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Comparison;

/// <summary>Tests that each attack of a hostile guest has the same end on the Windows backend as on KVM.</summary>
[Collection(nameof(Alone))]
public sealed class AttackComparisonTests : IWhpTests
{
    // The platform has no filter for model-specific registers, so that a guest can use these registers. A restore sets them back.
    private static readonly string[] Unfiltered =
        ["EFER written", "the base of the local APIC written", "the base of the local APIC read"];

    public AttackComparisonTests()
    {
        _ = TestHypervisor.Kvm;
        _ = TestHypervisor.Whp;
    }

    /// <summary>
    /// The type of the exception and the state of the sandbox are the same. Of two ends that the table of attacks allows, because
    /// processors differ, each hypervisor may have another one. The platform leaves string instructions of ports to the host, which refuses
    /// to go on.
    /// </summary>
    [Theory]
    [InlineData(Victim.Amd64)]
    [InlineData(Victim.I686)]
    [InlineData(Victim.Flat)]
    public void Each_attack_of_a_call_has_the_same_end(string guest)
    {
        using Neighbourhood neighbourhood = new(guest, atStart: []);
        Attack[] attacks = [.. Attacks.All.Where(attack => attack.Guests.Contains(guest) && IsQuick(attack))];
        List<string> differences = [];
        foreach (Attack attack in attacks)
        {
            (Exception? Exception, SandboxState State) kvm = End(attack, guest, neighbourhood, TestHypervisor.Kvm);
            (Exception? Exception, SandboxState State) whp = End(attack, guest, neighbourhood, TestHypervisor.Whp);
            bool isSame = attack.IsByString
                ? whp is { Exception: GuestFaultException, State: SandboxState.Poisoned }
                : (kvm.State == whp.State && kvm.Exception?.GetType() == whp.Exception?.GetType())
                    || (kvm.State == whp.State && IsAllowed(attack, kvm) && IsAllowed(attack, whp))
                    || (Unfiltered.Contains(attack.Name) && whp is { Exception: null, State: SandboxState.Ready });
            if (!isSame)
            {
                differences.Add($"{attack.Name}: {Text(kvm)} on KVM, {Text(whp)} on WHP");
            }
        }

        Assert.InRange(attacks.Length, 50, 1000);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    // An attack that a timeout ends has the same end everywhere.
    private static bool IsQuick(Attack attack) => attack.AtStart.Length == 0 && !attack.Ends.Contains(typeof(TimeoutException));

    private static bool IsAllowed(Attack attack, (Exception? Exception, SandboxState State) end) =>
        end.Exception is { } exception ? attack.Ends.Contains(exception.GetType()) : attack.MayDoNothing;

    private static string Text((Exception? Exception, SandboxState State) end) =>
        $"{end.Exception?.GetType().Name ?? "none"} ({end.State}, {end.Exception?.Message})";

    private static (Exception? Exception, SandboxState State) End(
        Attack attack, string guest, Neighbourhood neighbourhood, IHypervisor hypervisor)
    {
        using Sandbox victim = neighbourhood.CreateVictim(hypervisor);
        return (Record.Exception(() => attack.Do(new(guest, neighbourhood.Image.Image.Map, victim))), victim.State);
    }
}
