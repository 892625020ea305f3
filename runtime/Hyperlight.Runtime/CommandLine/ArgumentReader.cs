using System.Globalization;

namespace Hyperlight.CommandLine;

/// <summary>Reads the arguments of a command line. An argument has the type of the C# literal that it looks like.</summary>
internal static class ArgumentReader
{
    private const string BytesPrefix = "bytes:";
    private const string StringPrefix = "string:";

    /// <summary>Reads an argument. An argument that looks like no other literal is text.</summary>
    /// <exception cref="FormatException">The argument names a type and has no value of that type.</exception>
    public static GuestValue Read(string text)
    {
        if (text.StartsWith(StringPrefix, StringComparison.Ordinal))
        {
            return text[StringPrefix.Length..];
        }

        if (text.StartsWith(BytesPrefix, StringComparison.Ordinal))
        {
            return ReadBytes(text);
        }

        return text switch
        {
            "true" => true,
            "false" => false,
            ['"', .. var quoted, '"'] => quoted,
            _ => ReadInteger(text) ?? ReadFloating(text) ?? text,
        };
    }

    private static GuestValue ReadBytes(string text)
    {
        try
        {
            return Convert.FromHexString(text.AsSpan(BytesPrefix.Length));
        }
        catch (FormatException)
        {
            throw new FormatException(
                $"{text} is not an even number of hexadecimal digits after {BytesPrefix}, for example {BytesPrefix}0a0b.");
        }
    }

    // Chooses the type as C# does: the first of int, uint, long and ulong that can hold the number and that the suffix allows.
    private static GuestValue? ReadInteger(string text)
    {
        string digits = text.TrimEnd('u', 'U', 'l', 'L');
        string suffix = text[digits.Length..].ToUpperInvariant();
        if (suffix is not ("" or "U" or "L" or "UL" or "LU"))
        {
            return null;
        }

        bool isUnsigned = suffix.Contains('U', StringComparison.Ordinal);
        bool isLong = suffix.Contains('L', StringComparison.Ordinal);
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!isHex && !isUnsigned && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed)
            && (signed < 0 || digits[0] != '+'))
        {
            return signed switch
            {
                >= int.MinValue and <= int.MaxValue when !isLong => (GuestValue)(int)signed,
                > 0 and <= uint.MaxValue when !isLong => (GuestValue)(uint)signed,
                _ => (GuestValue)signed,
            };
        }

        ReadOnlySpan<char> number = isHex ? digits.AsSpan(2) : digits;
        NumberStyles style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!ulong.TryParse(number, style, CultureInfo.InvariantCulture, out ulong value))
        {
            return null;
        }

        return value switch
        {
            <= int.MaxValue when !isUnsigned && !isLong => (GuestValue)(int)value,
            <= uint.MaxValue when !isLong => (GuestValue)(uint)value,
            <= long.MaxValue when !isUnsigned => (GuestValue)(long)value,
            _ => (GuestValue)value,
        };
    }

    private static GuestValue? ReadFloating(string text)
    {
        bool isSingle = text.EndsWith('f') || text.EndsWith('F');
        bool isDouble = text.EndsWith('d') || text.EndsWith('D');
        string number = isSingle || isDouble ? text[..^1] : text;

        // A number starts with a digit, a minus or a point: "1.5", "-2e9", "1f". "Infinity" and "NaN" are text.
        if (number.Length == 0 || !(char.IsAsciiDigit(number[0]) || (number[0] is '-' or '.' && number.Length > 1)))
        {
            return null;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return isSingle
            ? float.TryParse(number, Style, CultureInfo.InvariantCulture, out float single) ? single : null
            : double.TryParse(number, Style, CultureInfo.InvariantCulture, out double value) ? value : (GuestValue?)null;
    }
}
