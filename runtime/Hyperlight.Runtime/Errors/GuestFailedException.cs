namespace Hyperlight;

/// <summary>
/// The base of the failures of a guest that did not run to the end of its start or of a call. The sandbox of a failed call is poisoned:
/// <see cref="Sandbox.Restore"/> makes the sandbox usable again. The three kinds are <see cref="GuestAbortedException"/>,
/// <see cref="GuestFaultException"/> and <see cref="GuestProtocolException"/>.
/// </summary>
/// <remarks>
/// A call that the host ends poisons the sandbox too, with the exception types of .NET: <see cref="TimeoutException"/> and
/// <see cref="OperationCanceledException"/>. After any exception, <see cref="Sandbox.State"/> tells whether the sandbox is poisoned.
/// </remarks>
public abstract class GuestFailedException : HyperlightException
{
    private protected GuestFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    private protected GuestFailedException(Finding finding, Exception? innerException = null)
        : base(finding, innerException)
    {
    }

    /// <summary>
    /// Gets the path of the ELF core file that was written for this failure, or <c>null</c> if no file was written. A file is written for a
    /// <see cref="GuestAbortedException"/> or <see cref="GuestFaultException"/> if <see cref="SandboxOptions.CrashDumpDirectory"/> is set.
    /// </summary>
    public string? CrashDumpPath { get; internal set; }
}
