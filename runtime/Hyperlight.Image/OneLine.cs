using System.Globalization;
using System.Text;

namespace Hyperlight;

/// <summary>Makes text that a stranger may have written fit for a terminal and a log: one line, in which nothing moves the cursor or the words.</summary>
internal static class OneLine
{
    /// <summary><paramref name="text"/> with spaces in place of control, format and line-separating characters. It is as long as before.</summary>
    public static string Of(string text) => string.Create(text.Length, text, static (line, text) =>
    {
        text.CopyTo(line);
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsPlain(rune))
            {
                line.Slice(position, rune.Utf16SequenceLength).Fill(' ');
            }

            position += rune.Utf16SequenceLength;
        }
    });

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
