using System.Reflection;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>Sends an exception to the host as the error of the current call.</summary>
internal static unsafe class GuestFailure
{
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
            Send(code, CText.Of(FailureText.Of(cause)));
        }
        catch (OutOfMemoryException)
        {
            Send(GuestException.NoMemory, "System.OutOfMemoryException: the heap of the guest is full.\0"u8);
        }
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
