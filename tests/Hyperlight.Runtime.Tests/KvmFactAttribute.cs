using System.Runtime.CompilerServices;

namespace Hyperlight.Runtime.Tests;

/// <summary>A test that runs guests: it is skipped, with the probe's name and what it found, where there is no usable hypervisor.</summary>
public sealed class KvmFactAttribute : FactAttribute
{
    /// <summary>Why guests cannot run here, null when they can; found out once per test run.</summary>
    public static readonly string? Reason = Hypervisor.Check() is { } finding ? $"probe Kvm: {finding}" : null;

    public KvmFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = Reason;
    }
}
