namespace Hyperlight.Snapshotter.Tests;

/// <summary>The host functions of this assembly, written as a user does.</summary>
public static class MarkedFunctions
{
    [SnapshotHostFunctions]
    public static void Add(HostFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        functions.Add("Marked", () => 42);
    }
}
