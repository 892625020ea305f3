using Xunit.v3;

namespace Hyperlight.Runtime.Tests;

/// <summary>
/// Marks the tests of a class, and of the classes that inherit from it, as those that also run in the Windows build under Wine (whp
/// sheet, section 12.2): one at a time, and without a thread that spins in managed code.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class WineAttribute : Attribute, ITraitAttribute
{
    /// <summary>Gets the trait by which the tests are selected (eng/Build.cs).</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Wine", "yes")];
}
