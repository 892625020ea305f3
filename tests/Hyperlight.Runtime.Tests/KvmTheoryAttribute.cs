using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>Like <see cref="KvmFactAttribute"/>, with data.</summary>
public sealed class KvmTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KvmTheoryAttribute(Needs needs = Needs.Kvm, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        _needs = needs;
        Skip = Probes.Missing(needs);
    }

    /// <inheritdoc cref="KvmFactAttribute.GetTraits"/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => KvmFactAttribute.TraitsOf(_needs);
}
