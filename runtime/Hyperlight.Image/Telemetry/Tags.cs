namespace Hyperlight.Telemetry;

/// <summary>The attributes of metrics and spans.</summary>
internal static class Tags
{
    /// <summary>The name of the guest, from its image.</summary>
    public const string Guest = "hyperlight.guest.name";

    /// <summary>The name of a function of the guest or of the host.</summary>
    public const string Function = "hyperlight.function.name";

    /// <summary>The start of a sandbox: <see cref="Image"/> or <see cref="Snapshot"/>.</summary>
    public const string StartSource = "hyperlight.start.source";

    /// <summary>A value of the tag for starts: the guest ran its initialisation.</summary>
    public const string Image = "image";

    /// <summary>A value of the tag for starts: the guest continued from a snapshot.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>The name of the error code of a guest.</summary>
    public const string ErrorCode = "hyperlight.guest.error.code";

    /// <summary>
    /// The type of the exception of a failure, or the code of the first error of a build (an attribute of OpenTelemetry).
    /// </summary>
    public const string ErrorType = "error.type";

    /// <summary>The value for everything outside a small known set of values (a convention of OpenTelemetry).</summary>
    public const string Other = "_OTHER";
}
