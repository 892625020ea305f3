using System.Globalization;

namespace Hyperlight;

/// <summary>
/// Reads and writes sizes as people write them in a project file: <c>65536</c>, <c>0x4000</c>, <c>64K</c>, <c>16M</c>, <c>1G</c>.
/// </summary>
internal static class ByteSize
{
    /// <summary>Reads a size in bytes. K, M or G after a decimal number multiplies by 1024, 1024² or 1024³.</summary>
    /// <param name="text">The text, in upper or lower case, without spaces inside.</param>
    /// <param name="bytes">The size in bytes; 0 if the text is not valid.</param>
    /// <returns><c>true</c> if the text is a size that fits 64 bits.</returns>
    public static bool TryParse(string? text, out ulong bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes);
        }

        int shift = digits.IsEmpty ? 0 : char.ToUpperInvariant(digits[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        if (!ulong.TryParse(shift == 0 ? digits : digits[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong count)
            || count > ulong.MaxValue >> shift)
        {
            return false;
        }

        bytes = count << shift;
        return true;
    }

    /// <summary>Writes a size for a person: <c>512 B</c>, <c>12.4 KiB</c>, <c>3.1 MiB</c>.</summary>
    public static string ToText(ulong bytes)
    {
        (double value, string unit) = bytes switch
        {
            < 1UL << 10 => (bytes, "B"),
            < 1UL << 20 => (bytes / (double)(1UL << 10), "KiB"),
            < 1UL << 30 => (bytes / (double)(1UL << 20), "MiB"),
            _ => (bytes / (double)(1UL << 30), "GiB"),
        };
        return value.ToString(value == Math.Truncate(value) ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + unit;
    }
}
