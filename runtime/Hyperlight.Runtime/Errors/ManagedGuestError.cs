using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>
/// The parts of the text that a guest in C# sends for an exception: the type, a colon, the message, and lines with the stack trace.
/// </summary>
/// <param name="Type">The name of the type; <c>null</c> if the text has another form.</param>
/// <param name="Trace">The lines of the stack trace; <c>null</c> if the text has none.</param>
internal readonly record struct ManagedGuestError(string? Type, string? Trace)
{
    private const string FrameStart = "\n   at ", TypeEnd = ": ";

    /// <summary>Reads the text of an error. Characters that move the cursor become spaces.</summary>
    public static ManagedGuestError Of(GuestErrorCode code, string text)
    {
        int trace = text.IndexOf(FrameStart, StringComparison.Ordinal);
        string? lines = trace < 0 ? null : OneLine.Lines(text[(trace + 1)..]);
        int end = text.IndexOf(TypeEnd, StringComparison.Ordinal);
        bool hasType = code == GuestErrorCode.GuestError && end is > 0 and <= OneLine.MaxNameLength && IsTypeName(text.AsSpan(0, end));
        return new(hasType ? text[..end] : null, lines);
    }

    /// <summary>Gets the text without the stack trace.</summary>
    public static string WithoutTrace(string text) =>
        text.IndexOf(FrameStart, StringComparison.Ordinal) is >= 0 and var trace ? text[..trace] : text;

    // A type of .NET is in a namespace or is called an exception. Other guests start their texts with words that are neither.
    private static bool IsTypeName(ReadOnlySpan<char> name)
    {
        foreach (char letter in name)
        {
            if (!char.IsLetterOrDigit(letter) && letter is not ('.' or '_' or '+' or '`' or '[' or ']' or ','))
            {
                return false;
            }
        }

        return name.Contains('.') || name.EndsWith("Exception", StringComparison.Ordinal);
    }
}
