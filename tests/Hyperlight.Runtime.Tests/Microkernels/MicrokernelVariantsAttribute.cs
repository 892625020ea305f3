using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>The kernels, each where the machine's KVM can run it.</summary>
/// <param name="needs">What the test needs; the paged kernel needs paging as well.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MicrokernelVariantsAttribute(Needs needs = Needs.Kvm) : DataAttribute, ITraitAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([Row("identity", needs), Row("flat", needs), Row("paged", Needs.Paging32)]);

    public override bool SupportsDiscoveryEnumeration() => true;

    /// <summary>Every theory has a row that only the lab runs everywhere.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => KvmFactAttribute.TraitsOf(Needs.Paging32);

    private static TheoryDataRow<string> Row(string variant, Needs needs) => new(variant) { Skip = Probes.Missing(needs) };
}
