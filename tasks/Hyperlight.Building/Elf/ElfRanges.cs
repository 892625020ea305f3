namespace Hyperlight.Elf;

/// <summary>
/// Cuts ranges of a kind that do not overlap out of a file, notes for example: all of them together are no longer than the file; a hostile file, which names the
/// same megabytes a million times, gets nothing more once that much was taken.
/// </summary>
internal ref struct ElfRanges(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _budget = file.Length;

    /// <summary>The range, empty where it is not in the file or too much was taken before.</summary>
    public ReadOnlySpan<byte> Take(ulong offset, ulong size)
    {
        if (!ElfRange.TrySlice(_file, offset, size, out ReadOnlySpan<byte> range) || range.Length > _budget)
        {
            return [];
        }

        _budget -= range.Length;
        return range;
    }
}
