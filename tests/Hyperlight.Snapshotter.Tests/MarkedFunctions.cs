namespace Hyperlight.Snapshotter.Tests;

/// <summary>The host functions of this assembly, as a user writes them.</summary>
public static class MarkedFunctions
{
    [SnapshotHostFunctions]
    public static void Add(HostFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        functions.Add("Marked", () => 42);
    }
}
