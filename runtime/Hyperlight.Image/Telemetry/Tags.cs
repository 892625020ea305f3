namespace Hyperlight.Telemetry;

/// <summary>The attributes of metrics and spans.</summary>
internal static class Tags
{
    /// <summary>The guest's name, as the image has it.</summary>
    public const string Guest = "hyperlight.guest.name";

    /// <summary>The name of a guest's or host's function.</summary>
    public const string Function = "hyperlight.function.name";

    /// <summary>What a sandbox was started from: <see cref="Image"/> or <see cref="Snapshot"/>.</summary>
    public const string StartSource = "hyperlight.start.source";

    /// <summary>A sandbox whose guest ran its initialisation.</summary>
    public const string Image = "image";

    /// <summary>A sandbox that goes on where a snapshot was taken.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>The name of a guest's error code.</summary>
    public const string ErrorCode = "hyperlight.guest.error.code";

    /// <summary>The type of the exception that something failed with, of a build its first error's code (OpenTelemetry's attribute).</summary>
    public const string ErrorType = "error.type";

    /// <summary>Stands for every value that is none of a small known set (OpenTelemetry's convention).</summary>
    public const string Other = "_OTHER";
}
