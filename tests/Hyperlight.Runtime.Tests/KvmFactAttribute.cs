using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>
/// Marks a test that runs guests. If the hypervisor of this process lacks something that the test needs, the test is skipped with the
/// probe's result.
/// </summary>
public sealed class KvmFactAttribute : FactAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KvmFactAttribute(Needs needs = Needs.Hypervisor, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        _needs = needs;
        Skip = Probes.Missing(needs);
    }

    /// <summary>Gets the trait by which the lab selects its tests (eng/Build.cs).</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => Probes.TraitsOf(_needs);
}
