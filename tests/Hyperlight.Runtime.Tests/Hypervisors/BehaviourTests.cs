using System.Collections.Immutable;
using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>
/// Tests a behaviour that all hypervisors have in common. For each hypervisor a sealed class inherits the tests of a behaviour.
/// </summary>
[Wine]
public abstract class BehaviourTests
{
    private protected BehaviourTests(IHypervisor hypervisor) => Tested = hypervisor;

    /// <summary>Gets the hypervisor under test.</summary>
    private protected IHypervisor Tested { get; }

    /// <inheritdoc cref="TinyGuest.RealMode"/>
    private protected TinyGuest RealMode(params byte[] code) => TinyGuest.RealMode(Tested, code);

    /// <inheritdoc cref="TinyGuest.LongMode"/>
    private protected TinyGuest LongMode(params byte[] code) => TinyGuest.LongMode(Tested, code);

    /// <inheritdoc cref="TinyGuest.LongModeWith"/>
    private protected TinyGuest LongModeWith(ImmutableArray<uint> allowedMsrs, params byte[] code) =>
        TinyGuest.LongModeWith(Tested, allowedMsrs, code);
}
