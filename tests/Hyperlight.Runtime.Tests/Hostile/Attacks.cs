namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>The attacks: one table for each kind.</summary>
internal static partial class Attacks
{
    public static IReadOnlyList<Attack> All { get; } =
        [.. Ports, .. Buffers, .. Messages, .. Answers, .. Floods, .. Memory, .. Jumps, .. Loops, .. Processor, .. PageTables, .. Starts];
}
