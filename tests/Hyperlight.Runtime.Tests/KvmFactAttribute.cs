using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>
/// A test that runs guests: it is skipped, with the probe's name and what it found, where the machine's KVM lacks what it needs.
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

    /// <summary>By this trait the lab finds the tests that other machines skip (eng/Build.cs).</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => TraitsOf(_needs);

    internal static IReadOnlyCollection<KeyValuePair<string, string>> TraitsOf(Needs needs) =>
        needs == Needs.Kvm ? [] : [new("Needs", needs.ToString())];
}
