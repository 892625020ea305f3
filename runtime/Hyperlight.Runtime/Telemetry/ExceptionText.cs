namespace Hyperlight.Telemetry;

/// <summary>Gets the text of exceptions of any type. The property of an unknown type may return <c>null</c> or throw.</summary>
internal static class ExceptionText
{
    // The text may quote a guest, and so be as long as the guest's output buffer.
    private const int MaxLength = 1024;

    /// <summary>Gets the message of an exception, or the name of its type if it has no message; at most 1024 characters.</summary>
    public static string Of(Exception exception)
    {
        string? text;
        try
        {
            text = exception.Message;
        }
#pragma warning disable CA1031 // The property may throw any exception. Only the exception that is described matters.
        catch (Exception)
#pragma warning restore CA1031
        {
            text = null;
        }

        return string.IsNullOrEmpty(text) ? exception.GetType().Name : text.Length <= MaxLength ? text : text[..MaxLength];
    }
}
