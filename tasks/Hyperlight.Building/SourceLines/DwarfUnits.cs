namespace Hyperlight.SourceLines;

/// <summary>The units of a section of debug information, one behind the other.</summary>
/// <param name="section">The content of the section.</param>
internal sealed class DwarfUnits(ReadOnlyMemory<byte> section)
{
    // A 32-bit length of this value says that a 64-bit length follows.
    private const uint Long = uint.MaxValue;

    // Each damaged unit costs an exception. A section with more damaged units is not read to its end.
    private const int MostDamaged = 64;

    private int _next;
    private int _damaged;

    /// <summary>Finds the next unit.</summary>
    /// <returns><c>false</c> if there is none: at the end, behind a length that is not valid, and behind many damaged units.</returns>
    public bool TryNext(out DwarfUnit unit)
    {
        unit = default;
        DwarfCursor cursor = new(section[_next..]);
        if (_damaged >= MostDamaged || cursor.Left == 0)
        {
            return false;
        }

        try
        {
            ulong length = cursor.ReadUInt32();
            bool is64 = length == Long;
            unit = new(_next, cursor.Take(is64 ? cursor.ReadUInt64() : length), is64);
        }
        catch (InvalidDataException)
        {
            return false;
        }

        _next = section.Length - cursor.Left;
        return true;
    }

    /// <summary>Counts the unit that was found last as damaged.</summary>
    public void CountDamaged() => _damaged++;
}
