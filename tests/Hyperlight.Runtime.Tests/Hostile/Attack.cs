using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>An attack of a guest on its host, and the host's promise about it.</summary>
/// <param name="Name">The name of the attack: what the guest does.</param>
/// <param name="Do">Runs the attack.</param>
internal sealed record Attack(string Name, Action<Victim> Do)
{
    /// <summary>
    /// The exact types of exception in which the attack may end, several if processors differ. If empty, no exception may occur.
    /// </summary>
    public IReadOnlyCollection<Type> Ends { get; init; } = [];

    /// <summary>
    /// Whether the attack may also have no effect, because some processors know the instruction. The state after that is not specified.
    /// </summary>
    public bool MayDoNothing { get; init; }

    /// <summary>A text that the message of the exception must contain.</summary>
    public string Says { get; init; } = "";

    /// <summary>The state of the victim after the attack.</summary>
    public SandboxState After { get; init; } = SandboxState.Poisoned;

    /// <summary>Whether the attack uses a port by a string instruction.</summary>
    public bool IsByString { get; private init; }

    /// <summary>The names of the guests that can run the attack.</summary>
    public IReadOnlyCollection<string> Guests { get; init; } = Victim.Guests;

    /// <summary>Machine code that the guest runs in its initialisation; empty if the attack happens in a call.</summary>
    public byte[] AtStart { get; init; } = [];

    /// <summary>Creates an attack that poisons the sandbox: only a restore makes the sandbox usable again.</summary>
    public static Attack Poisons<TException>(string name, Action<Victim> attack, string says = "")
        where TException : Exception => new(name, attack) { Ends = [typeof(TException)], Says = says };

    /// <summary>Creates an attack that only fails its call.</summary>
    public static Attack Fails<TException>(string name, Action<Victim> attack, string says = "")
        where TException : Exception => Poisons<TException>(name, attack, says) with { After = SandboxState.Ready };

    /// <summary>Creates an attack that has no effect.</summary>
    public static Attack Harmless(string name, Action<Victim> attack) => new(name, attack) { After = SandboxState.Ready };

    /// <summary>Gets a copy of this attack for one guest only.</summary>
    public Attack By(string guest) => this with { Guests = [guest] };

    /// <summary>Gets a copy of this attack that on some processors ends in another exception.</summary>
    public Attack Or<TException>()
        where TException : Exception => this with { Ends = [.. Ends, typeof(TException)] };

    /// <summary>
    /// Gets a copy of this attack, which uses a port by a string instruction. WHP leaves such an instruction to the host, and the host
    /// refuses to go on.
    /// </summary>
    public Attack ByString() => Hypervisor.Chosen is KvmHypervisor
        ? this with { IsByString = true }
        : this with { IsByString = true, Ends = [typeof(GuestFaultException)], Says = "string instruction", After = SandboxState.Poisoned };

    /// <summary>Gets copies of attacks for one guest only.</summary>
    public static IEnumerable<Attack> By(string guest, params IEnumerable<Attack> attacks) => attacks.Select(attack => attack.By(guest));
}
