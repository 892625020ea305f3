using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hyperlight.Hypervisors;
using Hyperlight.Machine;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Memory;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// Runs every attack of the tables in this folder with a guest of each architecture. Each attack must end in the documented exception and
/// leave nothing open in the host; a neighbour, which is a sandbox of the same image, must not change; and a restore must heal the victim.
/// No other tests run at the same time, because the tests look at the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AttackTests(HostileImages images) : IClassFixture<HostileImages>
{
    private const int DataWord = 42;

    public static TheoryData<string, string> All =>
        [.. Attacks.All.SelectMany(attack => attack.Guests.Select(guest => new TheoryDataRow<string, string>(guest, attack.Name)))];

    [KvmTheory]
    [MemberData(nameof(All))]
    public void An_attack_ends_as_documented_and_harms_nobody(string guest, string name)
    {
        Attack attack = Attacks.All.Single(attack => attack.Name == name && attack.Guests.Contains(guest));
        if (attack.AtStart.Length > 0)
        {
            using Neighbourhood own = new(guest, attack.AtStart);
            Misbehave(attack, own, () => RunAtStart(attack, guest, own));
        }
        else
        {
            Neighbourhood shared = images.Get(guest);
            Misbehave(attack, shared, () => Run(attack, guest, shared));
        }
    }

    /// <summary>The next sandbox may reuse the machine of the victim, which was not restored.</summary>
    [KvmTheory]
    [InlineData(Victim.Amd64)]
    [InlineData(Victim.I686)]
    [InlineData(Victim.Flat)]
    public void The_next_sandbox_finds_nothing_of_an_attack(string guest)
    {
        Neighbourhood neighbourhood = images.Get(guest);
        KeptMachine.Close();
        ProcessorState fresh = StateOfNext(neighbourhood);
        foreach (Attack attack in Attacks.All.Where(attack => attack.Guests.Contains(guest) && attack.AtStart.Length == 0))
        {
            KeptMachine.Close();
            using (Sandbox victim = neighbourhood.CreateVictim())
            {
                Record.Exception(() => attack.Do(new(guest, neighbourhood.Image.Image.Map, victim)));
            }

            ProcessorState next = StateOfNext(neighbourhood);
            Assert.True(MemoryMarshal.AsBytes([fresh.Special]).SequenceEqual(MemoryMarshal.AsBytes([next.Special])), attack.Name);
            Assert.Equal((attack.Name, fresh.ExtendedControl), (attack.Name, next.ExtendedControl));
            Assert.Equal(fresh.Msrs, next.Msrs);
        }
    }

    [Fact]
    public void Every_attack_has_its_own_name() => Assert.All(
        Attacks.All.SelectMany(attack => attack.Guests.Select(guest => (guest, attack.Name))).GroupBy(row => row),
        rows => Assert.Single(rows));

    /// <summary>Compares everything that the attack must not reach before and after the attack.</summary>
    private static void Misbehave(Attack attack, Neighbourhood neighbourhood, Action run)
    {
        Sandbox neighbour = neighbourhood.Neighbour;
        HostState before = HostState.Now();
        byte[] memory = Digest(neighbour);

        run();

        Assert.Equal(before, HostState.Now());
        Assert.Equal(memory, Digest(neighbour));
        AssertGuarded(neighbour);
        neighbourhood.Image.AssertUnchanged();
        Assert.Equal(SandboxState.Ready, neighbour.State);
        Assert.Equal((DataWord, 7), (neighbour.Call<int>("DataWord"), neighbour.Call<int>("BssWord")));
    }

    private static ProcessorState StateOfNext(Neighbourhood neighbourhood)
    {
        using Sandbox next = neighbourhood.CreateVictim();
        Assert.Equal((DataWord, 0), (next.Call<int>("DataWord"), next.Call<int>("BssWord")));
        Assert.Equal(3, next.Call<int>("AllocateAndTouch", 3));
        using Snapshot snapshot = next.TakeSnapshot();
        return snapshot.Content.Processor;
    }

    private static void Run(Attack attack, string guest, Neighbourhood neighbourhood)
    {
        using Sandbox victim = neighbourhood.CreateVictim();

        AssertEnd(attack, Record.Exception(() => attack.Do(new(guest, neighbourhood.Image.Image.Map, victim))));

        AssertState(attack, victim);
        AssertRestored(victim, neighbourhood.Start);
    }

    private static void RunAtStart(Attack attack, string guest, Neighbourhood neighbourhood)
    {
        Sandbox? victim = null;
        Exception? exception = Record.Exception(() => victim = neighbourhood.StartVictim());
        using (victim)
        {
            if (victim is null)
            {
                // Without a sandbox there is no state to check.
                AssertEnd(attack, exception);
                return;
            }

            AssertEnd(attack, Record.Exception(() => attack.Do(new(guest, neighbourhood.Image.Image.Map, victim))));

            // A snapshot of the victim would be as damaged as the victim. The snapshot of its neighbour heals it.
            AssertState(attack, victim);
            AssertRestored(victim, neighbourhood.Start);
        }
    }

    private static void AssertEnd(Attack attack, Exception? exception)
    {
        if (attack.Ends.Count == 0 || (exception is null && attack.MayDoNothing))
        {
            Assert.Null(exception);
            return;
        }

        Assert.True(
            exception is not null && attack.Ends.Contains(exception.GetType()),
            $"not {string.Join(" or ", attack.Ends.Select(type => type.Name))}: {exception}");
        Assert.Contains(attack.Says, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    private static void AssertState(Attack attack, Sandbox sandbox)
    {
        if (!attack.MayDoNothing)
        {
            Assert.Equal(attack.After, sandbox.State);
        }

        if (sandbox.State == SandboxState.Poisoned)
        {
            Assert.Throws<SandboxPoisonedException>(() => sandbox.Call("DataWord"));
            Assert.Throws<SandboxPoisonedException>(() => sandbox.TakeSnapshot());
        }
    }

    private static void AssertRestored(Sandbox sandbox, Snapshot snapshot)
    {
        sandbox.Restore(snapshot);
        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal((DataWord, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
        Assert.Equal(3, sandbox.Call<int>("AllocateAndTouch", 3));
    }

    /// <summary>Asserts that the pages before and behind the memory of a guest are not accessible.</summary>
    private static void AssertGuarded(Sandbox sandbox) => HostPages.AssertGuarded(MemoryOf(sandbox).Scratch);

    private static byte[] Digest(Sandbox sandbox)
    {
        GuestMemory memory = MemoryOf(sandbox);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (MappedMemory part in memory.Layers.Select(layer => layer.Shared.Memory).Append(memory.Scratch))
        {
            hash.AppendData(part.Slice(0, (int)part.Size));
        }

        return hash.GetHashAndReset();
    }

    private static GuestMemory MemoryOf(Sandbox sandbox) => MemoryOf(MachineOf(sandbox));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_machine")]
    private static extern ref GuestMachine MachineOf(Sandbox sandbox);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_memory")]
    private static extern ref GuestMemory MemoryOf(GuestMachine machine);
}
