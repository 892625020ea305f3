using System.Text;

namespace Hyperlight.Elf;

/// <summary>
/// Reads NUL-terminated strings at offsets. Strings may share bytes, so a hostile file could ask for one long string a million
/// times. The strings of one table together are therefore no longer than a budget, which is the length of the file.
/// </summary>
internal ref struct ElfStringTable(ReadOnlySpan<byte> bytes, int budget)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _budget = budget;

    /// <summary>Gets the string at an offset; <c>null</c> if the string has no end or the budget is used up.</summary>
    public string? Read(ulong offset)
    {
        if (offset >= (ulong)_bytes.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = _bytes[(int)offset..];
        int length = rest[..Math.Min(rest.Length, _budget)].IndexOf((byte)0);
        if (length < 0)
        {
            // All searched bytes count, also if no end was found, because the search takes the time.
            _budget -= Math.Min(rest.Length, _budget);
            return null;
        }

        _budget -= length;
        return Encoding.UTF8.GetString(rest[..length]);
    }
}
