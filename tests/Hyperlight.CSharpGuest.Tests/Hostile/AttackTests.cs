using System.Runtime.CompilerServices;
using Hyperlight.Machine;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.CSharpGuest.Tests.Hostile;

/// <summary>
/// Runs every attack of the guest Hostile. Each must end in one of its exceptions and leave nothing open in the host; a neighbour, which is
/// a sandbox of the same image, must not change; and a restore must heal the victim.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AttackTests(Neighbourhood neighbourhood) : IClassFixture<Neighbourhood>
{
    public static TheoryData<string> All => [.. Attacks.All.Select(attack => attack.Title)];

    [KvmTheory(Needs.Sse | Needs.Linux)]
    [MemberData(nameof(All))]
    public void An_attack_ends_as_documented_and_harms_nobody(string title)
    {
        Attack attack = Attacks.All.Single(attack => attack.Title == title);
        Sandbox neighbour = neighbourhood.Neighbour;
        HostState before = HostState.Now();
        byte[][] memory = [.. PartsOf(neighbour).Select(part => part.Slice(0, (int)part.Size).ToArray())];

        using (Sandbox victim = neighbourhood.CreateVictim())
        {
            ulong address = attack.Address(neighbourhood.Image.Map);
            CallOptions options = new() { Timeout = attack.Timeout };
            AssertEnd(attack, victim, Record.Exception(() => victim.Call<string>("Attack", options, attack.Name, address)));
            victim.Restore(neighbourhood.Start);
            Assert.Equal((1, 2), (victim.Call<int>("Count"), victim.Call<int>("Count")));
        }

        Assert.Equal(before, HostState.Now());
        Assert.All(PartsOf(neighbour).Zip(memory), part => Assert.True(part.First.Slice(0, part.Second.Length).SequenceEqual(part.Second)));
        Assert.Equal(SandboxState.Ready, neighbour.State);
    }

    [KvmFact(Needs.Sse)]
    public void The_neighbour_of_all_attacks_still_works()
    {
        int count = neighbourhood.Neighbour.Call<int>("Count");

        Assert.Equal(count + 1, neighbourhood.Neighbour.Call<int>("Count"));
    }

    [Fact]
    public void Every_attack_has_its_own_title() => Assert.Distinct(Attacks.All.Select(attack => attack.Title));

    private static void AssertEnd(Attack attack, Sandbox victim, Exception? exception)
    {
        TestContext.Current.SendDiagnosticMessage($"{attack.Title}: {exception?.GetType().Name} {exception?.Message}");
        if (exception is null)
        {
            Assert.True(attack.MayReturn || attack.Ends.Length == 0, $"no {string.Join(" or ", attack.Ends.Select(type => type.Name))}");
            Assert.Equal(SandboxState.Ready, victim.State);
            return;
        }

        Assert.True(attack.Ends.Contains(exception.GetType()), $"not {string.Join(" or ", attack.Ends.Select(t => t.Name))}: {exception}");
        Assert.Contains(attack.Says, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
        if (!attack.MayReturn)
        {
            Assert.Equal(attack.After, victim.State);
        }

        if (victim.State == SandboxState.Poisoned)
        {
            Assert.Throws<SandboxPoisonedException>(() => victim.Call("Count"));
        }
    }

    private static MappedMemory[] PartsOf(Sandbox sandbox)
    {
        GuestMemory memory = MemoryOf(sandbox.Machine);
        return [.. memory.Layers.Select(layer => layer.Shared.Memory), memory.Scratch];
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_memory")]
    private static extern ref GuestMemory MemoryOf(GuestMachine machine);
}
