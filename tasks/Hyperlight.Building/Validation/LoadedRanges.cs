using System.Collections.Immutable;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// Which addresses the segments take up in memory. A hostile file can have a million segments and as many relocations, in any order and
/// overlapping, so a question must not look at every segment: the starts are sorted, and beside each stands how far the segments up to
/// that one reach.
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

    /// <summary>Whether one segment has all <paramref name="size"/> bytes, at least one, from <paramref name="address"/> on.</summary>
    public bool Contain(ulong address, ulong size)
    {
        if (address > ulong.MaxValue - (size - 1))
        {
            return false;
        }

        // Several segments may start at the address: step over all of them, the last of them knows how far any reaches.
        int below = 0, above = _starts.Length;
        while (below < above)
        {
            int middle = (below + above) >>> 1;
            (below, above) = _starts[middle] <= address ? (middle + 1, above) : (below, middle);
        }

        return below > 0 && _lasts[below - 1] >= address + (size - 1);
    }
}
