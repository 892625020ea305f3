using System.Text;

namespace Hyperlight.Guest;

/// <summary>
/// Writes an exception for the host: the name of the type, the message, the same of the exceptions that caused it, and the stack trace on
/// the lines below. Code of the guest's author runs for it, which can fail, so each part is guarded.
/// </summary>
internal static class FailureText
{
    // All parts fit the output buffer's default size of 16 KiB, even if each character takes three bytes.
    private const int MaximumMessageLength = 2000, MaximumTraceLength = 3000;

    private const int MaximumCauseCount = 8;

    private const string Between = " ---> ", Cut = "…";

    private const string MoreMemory = " Raise the ScratchSize of the guest if it needs more memory.";

    /// <summary>Gets the text. The text has at most 5,000 characters.</summary>
    public static string Of(Exception exception)
    {
        StringBuilder text = new();
        int count = 0;
        for (Exception? cause = exception; cause is not null && count < MaximumCauseCount; cause = cause.InnerException, count++)
        {
            text.Append(count > 0 ? Between : "");
            if (cause is not GuestException)
            {
                text.Append(cause.GetType()).Append(": ");
            }

            text.Append(Shortened(MessageOf(cause), MaximumMessageLength)).Append(cause is OutOfMemoryException ? MoreMemory : "");
        }

        string trace = TraceOf(exception);
        return Shortened(text.ToString(), MaximumMessageLength)
            + (trace.Length == 0 ? "" : "\n" + Shortened(trace, MaximumTraceLength - 1));
    }

    private static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message ?? "";
        }
#pragma warning disable CA1031 // The first exception is the one to report, whatever its message does.
        catch (Exception another)
#pragma warning restore CA1031
        {
            return $"(the message is not known, because reading it threw {another.GetType()})";
        }
    }

    private static string TraceOf(Exception exception)
    {
        try
        {
            return exception.StackTrace is { Length: > 0 } trace ? TraceAddresses.AddTo(trace, exception) : "";
        }
#pragma warning disable CA1031 // The exception is reported without its stack trace.
        catch (Exception)
#pragma warning restore CA1031
        {
            return "";
        }
    }

    private static string Shortened(string text, int length) =>
        text.Length <= length ? text : string.Concat(text.AsSpan(0, length - Cut.Length), Cut);
}
