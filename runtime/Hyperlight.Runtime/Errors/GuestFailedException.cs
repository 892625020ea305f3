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
    private protected GuestFailedException(string message, GuestLocation? location = null, Exception? innerException = null)
        : base(message, innerException) => Location = location;

    private protected GuestFailedException(Finding finding, GuestLocation? location = null, Exception? innerException = null)
        : base(finding, innerException) => Location = location;

    /// <summary>
    /// Gets the function, the file and the line at which the guest failed; <c>null</c> if the image has no source map, or the map does not
    /// know the place. For an abort this is the call of the function that aborts. The message has the place too.
    /// </summary>
    /// <remarks>
    /// The address is the guest's word, and the name is that of the source map: a guest can name any place of its code.
    /// </remarks>
    public GuestLocation? Location { get; }

    /// <summary>
    /// Gets the path of the ELF core file that was written for this failure, or <c>null</c> if no file was written. A file is written for a
    /// <see cref="GuestAbortedException"/> or <see cref="GuestFaultException"/> if <see cref="SandboxOptions.CrashDumpDirectory"/> is set.
    /// </summary>
    public string? CrashDumpPath { get; internal set; }
}
