namespace Hyperlight;

/// <summary>The base of all failures that Hyperlight reports itself.</summary>
public class HyperlightException : Exception
{
    /// <summary>Creates a failure.</summary>
    /// <param name="message">The text that describes the failure.</param>
    public HyperlightException(string message)
        : base(message)
    {
    }

    /// <summary>Creates a failure that has a cause.</summary>
    /// <param name="message">The text that describes the failure.</param>
    /// <param name="innerException">The cause.</param>
    public HyperlightException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal HyperlightException(Finding finding, Exception? innerException = null)
        : base(finding.ToString(), innerException) => Finding = finding;

    /// <summary>Gets the finding that describes the failure, with a code and a page; <c>null</c> if the failure has no code.</summary>
    public Finding? Finding { get; }
}
