namespace Hyperlight;

/// <summary>A snapshot cannot be taken of the guest as it is. The sandbox stays ready.</summary>
public sealed class SnapshotFailedException : HyperlightException
{
    internal SnapshotFailedException(string reason)
        : base($"No snapshot can be taken of the guest: {reason}")
    {
    }
}
