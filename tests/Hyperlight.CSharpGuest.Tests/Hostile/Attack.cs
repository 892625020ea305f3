using Hyperlight.Layouts;

namespace Hyperlight.CSharpGuest.Tests.Hostile;

/// <summary>An attack of the guest Hostile, and how it may end (docs/security.md).</summary>
/// <param name="Title">What the guest does.</param>
/// <param name="Name">The name of the attack in the guest.</param>
/// <param name="Ends">The types of exception in which the attack may end. If empty, the call returns.</param>
internal sealed record Attack(string Title, string Name, params Type[] Ends)
{
    /// <summary>The state of the sandbox after the attack.</summary>
    public SandboxState After { get; private init; } = SandboxState.Poisoned;

    /// <summary>Whether some guests survive the attack, with any answer.</summary>
    public bool MayReturn { get; private init; }

    /// <summary>A text in the message of the exception.</summary>
    public string Says { get; init; } = "";

    /// <summary>Gets the time after which the call is stopped: little for an attack that may never end, otherwise enough.</summary>
    public TimeSpan? Timeout => Ends.Contains(typeof(TimeoutException)) ? TimeSpan.FromMilliseconds(400) : null;

    /// <summary>Gets the address that the guest uses.</summary>
    public Func<MemoryMap, ulong> Address { get; init; } = _ => 0;

    /// <summary>Creates an attack after which only a restore makes the sandbox usable again.</summary>
    public static Attack Poisons<TException>(string name, string says = "")
        where TException : Exception => new(name, name, typeof(TException)) { Says = says };

    /// <summary>Creates an attack that only fails its call.</summary>
    public static Attack Fails<TException>(string name, string says = "")
        where TException : Exception => Poisons<TException>(name, says) with { After = SandboxState.Ready };

    /// <summary>Creates an attack that has no effect.</summary>
    public static Attack Harmless(string name) => new(name, name) { After = SandboxState.Ready };

    /// <summary>Gets a copy of this attack that may end in another exception as well.</summary>
    public Attack Or<TException>()
        where TException : Exception => this with { Ends = [.. Ends, typeof(TException)] };

    /// <summary>Gets a copy of this attack that may also fail its call only, or return.</summary>
    public Attack OrReturns() => this with { MayReturn = true };

    /// <summary>Gets a copy of this attack at an address.</summary>
    public Attack At(string place, Func<MemoryMap, ulong> address) => this with { Title = $"{Name}: {place}", Address = address };
}
