namespace Hyperlight;

/// <summary>The base of every failure that Hyperlight reports itself.</summary>
public class HyperlightException : Exception
{
    /// <summary>A failure described by <paramref name="message"/>.</summary>
    public HyperlightException(string message)
        : base(message)
    {
    }

    /// <summary>A failure described by <paramref name="message"/> and caused by <paramref name="innerException"/>.</summary>
    public HyperlightException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failure that a rule has a code and a page for.</summary>
    public HyperlightException(Finding finding, Exception? innerException = null)
        : base((finding ?? throw new ArgumentNullException(nameof(finding))).ToString(), innerException) => Finding = finding;

    /// <summary>The coded finding, where the failure has one.</summary>
    public Finding? Finding { get; }
}
