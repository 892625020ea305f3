using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>Marks a theory that runs guests; see <see cref="KvmFactAttribute"/>.</summary>
public sealed class KvmTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KvmTheoryAttribute(Needs needs = Needs.Hypervisor, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        _needs = needs;
        Skip = Probes.Missing(needs);
    }

    /// <inheritdoc cref="KvmFactAttribute.GetTraits"/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => Probes.TraitsOf(_needs);
}
