using System.Diagnostics;

namespace Hyperlight.Telemetry;

/// <summary>The source of spans.</summary>
internal static class Spans
{
    /// <summary>The name of the source, and of the meter.</summary>
    public const string SourceName = "Hyperlight";

    /// <summary>The version of this assembly.</summary>
    public static string Version { get; } = typeof(Spans).Assembly.GetName().Version!.ToString(fieldCount: 3);

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(SourceName, Version);
}
