using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>Runs a test with each kernel that the hypervisor can run. All kernels use interrupts.</summary>
/// <param name="needs">The needs of the test. The paged kernel also needs paging.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MicrokernelVariantsAttribute(Needs needs = Needs.Hypervisor) : DataAttribute, ITraitAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([Row("identity", needs), Row("flat", needs), Row("paged", needs | Needs.Paging32)]);

    public override bool SupportsDiscoveryEnumeration() => true;

    /// <summary>Every theory has a row for the paged kernel, so the lab runs every theory.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => Probes.TraitsOf(Needs.Paging32);

    private static TheoryDataRow<string> Row(string variant, Needs needs) =>
        new(variant) { Skip = Probes.Missing(needs | Needs.Interrupts) };
}
