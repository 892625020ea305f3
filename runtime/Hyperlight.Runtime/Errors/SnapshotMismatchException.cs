using System.Collections.Immutable;

namespace Hyperlight;

/// <summary>A snapshot does not fit a sandbox. The sandbox stays as it was.</summary>
public sealed class SnapshotMismatchException : HyperlightException
{
    internal SnapshotMismatchException(string snapshot, ImmutableArray<string> differences)
        : base($"The snapshot of {snapshot} does not fit the sandbox: {string.Join("; ", differences)}.") => Differences = differences;

    /// <summary>Every difference, each with what the snapshot has and what the sandbox has.</summary>
    public ImmutableArray<string> Differences { get; }
}
