using System.Text;

namespace Hyperlight.Elf;

/// <summary>
/// NUL-terminated strings, found by their offset. Strings may share bytes, so a hostile file could ask for the same long string a million
/// times: all strings of one table together are no longer than the budget, which is the length of the file.
/// </summary>
internal ref struct ElfStringTable(ReadOnlySpan<byte> bytes, int budget)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _budget = budget;

    /// <summary>The string at <paramref name="offset"/>; null where there is none with an end, or the budget is spent.</summary>
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
            // What was searched is spent, found or not: the search is what costs time.
            _budget -= Math.Min(rest.Length, _budget);
            return null;
        }

        _budget -= length;
        return Encoding.UTF8.GetString(rest[..length]);
    }
}
