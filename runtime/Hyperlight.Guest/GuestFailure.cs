using System.Reflection;
using System.Text;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>Sends an exception to the host as the error of the current call.</summary>
internal static unsafe class GuestFailure
{
    // The host cuts longer texts.
    private const int MaximumLength = 8192;

    /// <summary>Sets the error of the current call.</summary>
    public static void Report(Exception exception)
    {
        try
        {
            Exception cause = Cause(exception);
            int code = cause switch
            {
                GuestException own => own.Code,
                OutOfMemoryException => GuestException.NoMemory,
                _ => GuestException.Failed,
            };
            Send(code, Encoding.UTF8.GetBytes(Text(cause) + "\0"));
        }
        catch (OutOfMemoryException)
        {
            Send(GuestException.NoMemory, "System.OutOfMemoryException: the heap of the guest is full.\0"u8);
        }
    }

    /// <summary>Gets the name of the exception's type, its message, and its stack trace on the lines below.</summary>
    public static string Text(Exception exception)
    {
        string text = exception is GuestException ? exception.Message : $"{exception.GetType()}: {exception.Message}";
        string trace = exception.StackTrace is { Length: > 0 } lines ? "\n" + lines : "";
        text += trace;
        return text.Length > MaximumLength ? text[..MaximumLength] : text;
    }

    private static Exception Cause(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions.Count: 1 } or TargetInvocationException { InnerException: not null } =>
            Cause(exception.InnerException!),
        _ => exception,
    };

    private static void Send(int code, ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
        {
            GuestAbi.SetError(code, first);
        }
    }
}
