using System.Globalization;
using System.Runtime.CompilerServices;

namespace Hyperlight;

/// <summary>
/// Builds the text of a finding from an interpolated string. The values may come from a file or a guest. Of a long value the text has
/// only the start and the end, so that no file decides the length of a message.
/// </summary>
[InterpolatedStringHandler]
internal ref struct FindingText
{
    // The greatest length of a value in characters. In practice paths and lists are shorter.
    private const int MostShown = 512;
    private const string Omission = " … ";

    private DefaultInterpolatedStringHandler _text;

    /// <summary>Starts a text.</summary>
    /// <param name="literalLength">Characters of the text that are literal.</param>
    /// <param name="formattedCount">The number of values in the text.</param>
    public FindingText(int literalLength, int formattedCount) => _text = new(literalLength, formattedCount, CultureInfo.InvariantCulture);

    /// <summary>Appends a literal part.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Appends a value that may be long.</summary>
    public void AppendFormatted(string? value) => _text.AppendFormatted(Cut(value ?? ""));

    /// <summary>Appends a value that may be long.</summary>
    public void AppendFormatted(ReadOnlySpan<char> value) => AppendFormatted(value.ToString());

    /// <summary>Appends a value.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="format">The format; <c>null</c> for the default.</param>
    public void AppendFormatted<T>(T value, string? format = null) =>
        AppendFormatted(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString());

    /// <summary>Gets the text.</summary>
    internal string ToText() => _text.ToStringAndClear();

    /// <summary>Shortens a text to its start and its end. A text that is not longer than the limit stays as it is.</summary>
    internal static string Cut(string text, int most = MostShown)
    {
        int kept = (most - Omission.Length) / 2;
        return text.Length <= most ? text : string.Concat(text.AsSpan(0, kept), Omission, text.AsSpan(text.Length - kept));
    }
}
