namespace Hyperlight;

/// <summary>No snapshot can be taken of the guest in its present state. The sandbox stays ready.</summary>
public sealed class SnapshotFailedException : HyperlightException
{
    internal SnapshotFailedException(string reason)
        : base($"No snapshot can be taken of the guest: {reason}")
    {
    }
}
