namespace Hyperlight.Elf;

/// <summary>
/// Gets ranges of a file that should not overlap, for example notes. All ranges together are no longer than the file. A hostile file that
/// names one range a million times gets empty ranges after that limit.
/// </summary>
internal ref struct ElfRanges(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _budget = file.Length;

    /// <summary>Gets a range; empty if the range is not in the file or the limit is reached.</summary>
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
