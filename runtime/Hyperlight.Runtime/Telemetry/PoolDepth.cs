namespace Hyperlight.Telemetry;

/// <summary>The number of sandboxes of a pool.</summary>
/// <param name="GuestName">The guest of the pool.</param>
/// <param name="Read">Reads how many sandboxes can be rented, how many are rented, and how many requests wait.</param>
internal sealed record PoolDepth(string GuestName, Func<(int Ready, int Rented, int Waiting)> Read);
