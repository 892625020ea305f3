using System.Globalization;
using System.Text;

namespace Hyperlight;

/// <summary>Makes text that a stranger may have written fit for a terminal and a log: one line, in which nothing moves the cursor or the words.</summary>
internal static class OneLine
{
    /// <summary><paramref name="text"/> with a space in place of each control, format and line-separating character.</summary>
    public static string Of(string text) =>
        string.Concat(text.EnumerateRunes().Select(rune => IsPlain(rune) ? rune.ToString() : " "));

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
