using System.Globalization;
using System.Text;

namespace Hyperlight.Diagnostics;

/// <summary>
/// Makes untrusted text safe for a terminal and a log: without characters that move the cursor or change the order of the text.
/// </summary>
internal static class OneLine
{
    /// <summary>The greatest length of a name that is read from a file, in characters.</summary>
    public const int MaxNameLength = 256;

    /// <summary>Checks a name that was read from a file. A name has 1 to <see cref="MaxNameLength"/> characters in one line.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength && Of(text) == text;

    /// <summary>Replaces control, format and line-separating characters by spaces. The length of the text does not change.</summary>
    public static string Of(string text) => Clean(text, keepsLines: false);

    /// <summary>
    /// Replaces characters as <see cref="Of"/> does, but keeps line feeds and tabs. A carriage return before a line feed is removed.
    /// </summary>
    public static string Lines(string text) => Clean(text.Replace("\r\n", "\n", StringComparison.Ordinal), keepsLines: true);

    private static string Clean(string text, bool keepsLines) => string.Create(text.Length, (text, keepsLines), static (line, source) =>
    {
        source.text.CopyTo(line);
        int position = 0;
        foreach (Rune rune in source.text.EnumerateRunes())
        {
            if (!IsPlain(rune) && !(source.keepsLines && rune.Value is '\n' or '\t'))
            {
                line.Slice(position, rune.Utf16SequenceLength).Fill(' ');
            }

            position += rune.Utf16SequenceLength;
        }
    });

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
