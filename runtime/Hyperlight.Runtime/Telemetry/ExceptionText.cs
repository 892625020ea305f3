namespace Hyperlight.Telemetry;

/// <summary>The text of an exception that may be of any type: a property of somebody else's type may return null or throw.</summary>
internal static class ExceptionText
{
    // An exception's text may quote a guest, and be as long as its output buffer is large.
    private const int MaxLength = 1024;

    /// <summary>The message, or the name of the type where there is no message; 1024 characters at most.</summary>
    public static string Of(Exception exception)
    {
        string? text;
        try
        {
            text = exception.Message;
        }
#pragma warning disable CA1031 // Whatever the property throws: what matters is the exception that is described.
        catch (Exception)
#pragma warning restore CA1031
        {
            text = null;
        }

        return string.IsNullOrEmpty(text) ? exception.GetType().Name : text.Length <= MaxLength ? text : text[..MaxLength];
    }
}
