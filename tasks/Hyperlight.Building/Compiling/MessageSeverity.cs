namespace Hyperlight.Compiling;

/// <summary>How serious a message of a compiler is.</summary>
internal enum MessageSeverity
{
    /// <summary>The message explains the one before.</summary>
    Note,

    /// <summary>The compiler goes on.</summary>
    Warning,

    /// <summary>There is no output.</summary>
    Error,
}
