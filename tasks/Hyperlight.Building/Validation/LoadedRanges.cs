using System.Collections.Immutable;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The addresses of the loaded segments. A hostile file can have a million segments and as many relocations, in any order and overlapping,
/// so a search must not look at every segment. The starts of the segments are sorted. Each start has the greatest end of its segment and
/// of all segments before.
/// </summary>
internal sealed class LoadedRanges
{
    private readonly ulong[] _starts;
    private readonly ulong[] _lasts;

    public LoadedRanges(ImmutableArray<ElfSegment> loadSegments)
    {
        _starts = [.. loadSegments.Select(segment => segment.VirtualAddress)];
        _lasts = [.. loadSegments.Select(segment => segment.LastAddress)];
        Array.Sort(_starts, _lasts);
        for (int index = 1; index < _lasts.Length; index++)
        {
            _lasts[index] = Math.Max(_lasts[index], _lasts[index - 1]);
        }
    }

    /// <summary>
    /// Checks whether one segment contains <paramref name="size"/> bytes (at least one) from <paramref name="address"/> on.
    /// </summary>
    public bool Contain(ulong address, ulong size)
    {
        if (address > ulong.MaxValue - (size - 1))
        {
            return false;
        }

        // Several segments may start at the address. The last of them has the greatest end.
        int below = 0, above = _starts.Length;
        while (below < above)
        {
            int middle = (below + above) >>> 1;
            (below, above) = _starts[middle] <= address ? (middle + 1, above) : (below, middle);
        }

        return below > 0 && _lasts[below - 1] >= address + (size - 1);
    }
}
