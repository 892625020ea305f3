using System.Globalization;
using System.Runtime.CompilerServices;

namespace Hyperlight;

/// <summary>
/// Builds the text of a finding from an interpolated string. What is put into the text may come from a file or a guest: of a long part only its start and end are
/// shown, so that no file decides how long a message becomes.
/// </summary>
[InterpolatedStringHandler]
internal ref struct FindingText
{
    // Long enough for every path and list that a message has in practice.
    private const int MostShown = 512;
    private const string Omission = " … ";

    private DefaultInterpolatedStringHandler _text;

    /// <summary>Starts a text.</summary>
    /// <param name="literalLength">Characters of the text that are literal.</param>
    /// <param name="formattedCount">How many parts are put into the text.</param>
    public FindingText(int literalLength, int formattedCount) => _text = new(literalLength, formattedCount, CultureInfo.InvariantCulture);

    /// <summary>Appends a literal part.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Appends a part that may be long.</summary>
    public void AppendFormatted(string? value) => _text.AppendFormatted(Cut(value ?? ""));

    /// <summary>Appends a part that may be long.</summary>
    public void AppendFormatted(ReadOnlySpan<char> value) => AppendFormatted(value.ToString());

    /// <summary>Appends a value.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="format">Its format, <c>null</c> for the usual one.</param>
    public void AppendFormatted<T>(T value, string? format = null) =>
        AppendFormatted(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString());

    /// <summary>The text.</summary>
    internal string ToText() => _text.ToStringAndClear();

    /// <summary>A text as it is shown: whole when it is short, else its start and end.</summary>
    internal static string Cut(string text, int most = MostShown)
    {
        int kept = (most - Omission.Length) / 2;
        return text.Length <= most ? text : string.Concat(text.AsSpan(0, kept), Omission, text.AsSpan(text.Length - kept));
    }
}
