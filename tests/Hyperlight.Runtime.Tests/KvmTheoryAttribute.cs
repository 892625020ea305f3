using System.Runtime.CompilerServices;

namespace Hyperlight.Runtime.Tests;

/// <summary>Like <see cref="KvmFactAttribute"/>, with data.</summary>
public sealed class KvmTheoryAttribute : TheoryAttribute
{
    public KvmTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = KvmFactAttribute.Reason;
    }
}
