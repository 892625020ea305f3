using System.Globalization;
using System.Text;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>
/// Writes functions of Rust as an author knows them: <c>big_guest::spin</c> for the symbol <c>_RNvCs528jYvF86Rn_9big_guest4spin</c> of the
/// format v0, and for <c>_ZN9big_guest4spin17h0123456789abcdefE</c> of the format before.
/// </summary>
internal static class RustNames
{
    private const string LegacyStart = "_ZN";
    private const int HashLength = 17;
    private const string Cut = "…";

    // A longer name is written without generic arguments: what matters in the place of a crash is the function.
    private const int MostWithArguments = 200;

    // The mark of the cut has three bytes of UTF-8.
    private const int MostLength = SourceMapFormat.MostTextBytes - 3;

    /// <summary>Reads the name of a function. The method does not throw, whatever the symbol is.</summary>
    /// <param name="symbol">The name of the symbol.</param>
    /// <returns>
    /// The path, whose start is left out if it has more than <see cref="SourceMapFormat.MostTextBytes"/> characters; the symbol itself if
    /// it is no name of Rust or cannot be read.
    /// </returns>
    public static string Read(string symbol)
    {
        string? path = symbol.StartsWith(LegacyStart, StringComparison.Ordinal)
            ? ReadLegacy(symbol)
            : RustPath.Read(symbol, hasArguments: true) is { Length: <= MostWithArguments } full
                ? full
                : RustPath.Read(symbol, hasArguments: false);
        return path is null ? symbol : path.Length > MostLength ? Cut + path[^MostLength..] : path;
    }

    // The format has the form of C++ names: parts with their lengths, the last of them a hash. A suffix of the linker may follow.
    private static string? ReadLegacy(string symbol)
    {
        List<string> parts = [];
        int position = LegacyStart.Length;
        while (symbol.AsSpan(position).IndexOfAnyExceptInRange('0', '9') is > 0 and var digits)
        {
            int start = position + digits;
            if (!int.TryParse(symbol.AsSpan(position, digits), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length > symbol.Length - start)
            {
                return null;
            }

            position = start + length;
            parts.Add(symbol[start..position]);
        }

        bool isComplete = position < symbol.Length && symbol[position] == 'E'
            && (position + 1 == symbol.Length || symbol[position + 1] == '.');
        if (!isComplete || parts.Count < 2 || !IsHash(parts[^1]))
        {
            return null;
        }

        string?[] names = [.. parts[..^1].Select(WithoutEscapes)];
        return names.Contains(null) ? null : string.Join("::", names);
    }

    private static bool IsHash(string part) =>
        part.Length == HashLength && part[0] == 'h' && part.Skip(1).All(char.IsAsciiHexDigitLower);

    // Each escape is between two dollar signs, and a part that starts with one has an underscore before.
    private static string? WithoutEscapes(string part)
    {
        string[] texts = part[(part.StartsWith("_$", StringComparison.Ordinal) ? 1 : 0)..].Split('$');
        for (int index = 0; index < texts.Length; index++)
        {
            if ((index % 2 == 0 ? texts[index].Replace("..", "::", StringComparison.Ordinal) : Escaped(texts[index])) is not { } text)
            {
                return null;
            }

            texts[index] = text;
        }

        return texts.Length % 2 == 0 ? null : string.Concat(texts);
    }

    private static string? Escaped(string code) => code switch
    {
        "LT" => "<",
        "GT" => ">",
        "LP" => "(",
        "RP" => ")",
        "RF" => "&",
        "BP" => "*",
        "SP" => "@",
        "C" => ",",
        ['u', .. var digits] when int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && Rune.IsValid(value) => new Rune(value).ToString(),
        _ => null,
    };
}
