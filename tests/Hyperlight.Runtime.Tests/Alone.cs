namespace Hyperlight.Runtime.Tests;

/// <summary>Tests that change or observe the whole process: they run after all others, one at a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
