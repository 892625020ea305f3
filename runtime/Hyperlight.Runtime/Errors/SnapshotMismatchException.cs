using System.Collections.Immutable;

namespace Hyperlight;

/// <summary>A snapshot does not fit a sandbox. The sandbox is unchanged.</summary>
public sealed class SnapshotMismatchException : HyperlightException
{
    internal SnapshotMismatchException(string snapshot, ImmutableArray<string> differences)
        : base($"The snapshot of {snapshot} does not fit the sandbox: {string.Join("; ", differences)}.") => Differences = differences;

    /// <summary>Gets every difference, each with the value of the snapshot and the value of the sandbox.</summary>
    public ImmutableArray<string> Differences { get; }
}
