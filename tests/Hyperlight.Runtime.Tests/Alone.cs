namespace Hyperlight.Runtime.Tests;

/// <summary>The collection of tests that change or observe the whole process. They run after all other tests, one at a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
