using System.Runtime.CompilerServices;

namespace Hyperlight.Runtime.Tests;

/// <summary>A test that runs guests: it is skipped, with the probe's name and what it found, where there is no usable hypervisor.</summary>
public sealed class KvmFactAttribute : FactAttribute
{
    private static readonly Finding? Missing = Hypervisor.Check();

    public KvmFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (Missing is not null)
        {
            Skip = $"probe Kvm: {Missing}";
        }
    }
}
