namespace Hyperlight.Values;

/// <summary>
/// The bytes of a typed call are not what the interface says: the other side is hostile, or was built from another interface.
/// </summary>
public sealed class ValueFormatException : FormatException
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public ValueFormatException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">The method, what was found, and what is allowed.</param>
    public ValueFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception that has a cause.</summary>
    /// <param name="message">The method, what was found, and what is allowed.</param>
    /// <param name="innerException">The cause.</param>
    public ValueFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
