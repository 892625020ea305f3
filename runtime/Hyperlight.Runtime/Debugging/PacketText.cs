using System.Globalization;

namespace Hyperlight.Debugging;

/// <summary>Reads the parts of a packet. Nothing throws: a packet may be anything.</summary>
internal static class PacketText
{
    /// <summary>Reads a hexadecimal number of at most 64 bits.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    /// <summary>Reads two hexadecimal numbers with a comma between them.</summary>
    public static bool TryNumbers(ReadOnlySpan<char> text, out ulong first, out ulong second)
    {
        (first, second) = (0, 0);
        int comma = text.IndexOf(',');
        return comma >= 0 && TryNumber(text[..comma], out first) && TryNumber(text[(comma + 1)..], out second);
    }

    /// <summary>Reads bytes that are written as hexadecimal digits.</summary>
    public static bool TryBytes(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
    }

    /// <summary>Cuts a text at the first place of a sign.</summary>
    /// <returns>The text before the sign, and the text behind; the whole text and no text if the sign is not there.</returns>
    public static (string Before, string Behind) Cut(string text, char sign)
    {
        int place = text.IndexOf(sign, StringComparison.Ordinal);
        return place < 0 ? (text, "") : (text[..place], text[(place + 1)..]);
    }
}
