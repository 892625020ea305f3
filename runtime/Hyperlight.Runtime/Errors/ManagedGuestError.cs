using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>
/// The parts of the text that a guest in C# sends for an exception: the type, a colon, the message, and lines with the stack trace.
/// </summary>
/// <param name="Type">The name of the type; <c>null</c> if the text has another form.</param>
/// <param name="Trace">The lines of the stack trace; <c>null</c> if the text has none.</param>
/// <param name="Location">The first place of the trace in a source file; <c>null</c> if there is none.</param>
internal readonly record struct ManagedGuestError(string? Type, string? Trace, GuestLocation? Location)
{
    private const string FrameStart = "\n   at ", TypeEnd = ": ";

    /// <summary>Reads the text of an error. Characters that move the cursor become spaces.</summary>
    /// <param name="code">The code of the error.</param>
    /// <param name="text">The text.</param>
    /// <param name="locate">Finds an address of the guest's code in its source.</param>
    public static ManagedGuestError Of(GuestErrorCode code, string text, Func<ulong, GuestLocation?> locate)
    {
        int start = text.IndexOf(FrameStart, StringComparison.Ordinal);
        ManagedTrace? trace = start < 0 ? null : ManagedTrace.Of(OneLine.Lines(text[(start + 1)..]), locate);
        int end = text.IndexOf(TypeEnd, StringComparison.Ordinal);
        bool hasType = code == GuestErrorCode.GuestError && end is > 0 and <= OneLine.MaxNameLength && IsTypeName(text.AsSpan(0, end));
        return new(hasType ? text[..end] : null, trace?.Lines, trace?.Location);
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
