namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>One thing a guest can do to its host, and what the host promises about it.</summary>
/// <param name="Name">What the guest does.</param>
/// <param name="Do">Does it.</param>
internal sealed record Attack(string Name, Action<Victim> Do)
{
    /// <summary>The exceptions it may end in, exactly of these types; several where processors differ. None: nothing happens.</summary>
    public IReadOnlyCollection<Type> Ends { get; init; } = [];

    /// <summary>
    /// Whether it may also do nothing at all, as on processors that know the instruction; then its state afterwards is open.
    /// </summary>
    public bool MayDoNothing { get; init; }

    /// <summary>What the exception's message has to name.</summary>
    public string Says { get; init; } = "";

    /// <summary>The victim's state afterwards.</summary>
    public SandboxState After { get; init; } = SandboxState.Poisoned;

    /// <summary>The guests that can do it.</summary>
    public IReadOnlyCollection<string> Guests { get; init; } = Victim.Guests;

    /// <summary>Machine code that the guest runs in its initialisation; empty for attacks in calls.</summary>
    public byte[] AtStart { get; init; } = [];

    /// <summary>An attack that the sandbox does not survive without a restore.</summary>
    public static Attack Poisons<TException>(string name, Action<Victim> attack, string says = "")
        where TException : Exception => new(name, attack) { Ends = [typeof(TException)], Says = says };

    /// <summary>An attack that fails its call only.</summary>
    public static Attack Fails<TException>(string name, Action<Victim> attack, string says = "")
        where TException : Exception => Poisons<TException>(name, attack, says) with { After = SandboxState.Ready };

    /// <summary>An attack that achieves nothing.</summary>
    public static Attack Harmless(string name, Action<Victim> attack) => new(name, attack) { After = SandboxState.Ready };

    /// <summary>The same attack by one guest only.</summary>
    public Attack By(string guest) => this with { Guests = [guest] };

    /// <summary>The same attack, which ends otherwise on other processors.</summary>
    public Attack Or<TException>()
        where TException : Exception => this with { Ends = [.. Ends, typeof(TException)] };

    /// <summary>Several attacks, each with the same guests.</summary>
    public static IEnumerable<Attack> By(string guest, params IEnumerable<Attack> attacks) => attacks.Select(attack => attack.By(guest));
}
