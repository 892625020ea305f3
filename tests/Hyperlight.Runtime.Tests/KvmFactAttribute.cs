using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>
/// Marks a test that runs guests. If the machine's KVM lacks something that the test needs, the test is skipped with the probe's result.
/// </summary>
public sealed class KvmFactAttribute : FactAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KvmFactAttribute(Needs needs = Needs.Kvm, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        _needs = needs;
        Skip = Probes.Missing(needs);
    }

    /// <summary>Gets the trait by which the lab selects its tests (eng/Build.cs).</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => TraitsOf(_needs);

    internal static IReadOnlyCollection<KeyValuePair<string, string>> TraitsOf(Needs needs) =>
        needs == Needs.Kvm ? [] : [new("Needs", needs.ToString())];
}
