namespace Hyperlight.SourceLines;

/// <summary>
/// Collects rows of line programs and the files that the rows name. Rows come in sequences of ascending addresses, in any order. The
/// numbers of rows and files have a limit.
/// </summary>
internal sealed class LineRows
{
    /// <summary>The greatest number of files, of a unit as well as of all units.</summary>
    public const int MostFiles = 1 << 16;

    private const int MostRows = 1 << 22;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _files = [];
    private readonly List<LineRow> _rows = [];
    private readonly List<(int First, int Count)> _sequences = [];
    private int _first;

    /// <summary>Gets whether there is no room for more rows.</summary>
    public bool AreFull => _rows.Count >= MostRows;

    /// <summary>Gets the sequences in the order of their addresses. The last row of each is its end: the address behind its code.</summary>
    public IEnumerable<ArraySegment<LineRow>> Sequences
    {
        get
        {
            LineRow[] rows = [.. _rows];
            return _sequences.OrderBy(sequence => rows[sequence.First].Address)
                .Select(sequence => new ArraySegment<LineRow>(rows, sequence.First, sequence.Count));
        }
    }

    /// <summary>Gets the path of the file of a row; <c>null</c> if the row has no line.</summary>
    public string? FileOf(LineRow row) => row.Line == 0 ? null : _files[row.File];

    /// <summary>Gets the index of a file; -1 if there is no path, or no room for another file.</summary>
    public int Place(string? path)
    {
        if (path is null || _places.TryGetValue(path, out int place))
        {
            return path is null ? -1 : _places[path];
        }

        if (_files.Count >= MostFiles)
        {
            return -1;
        }

        _places.Add(path, _files.Count);
        _files.Add(path);
        return _files.Count - 1;
    }

    /// <summary>Adds a row to the open sequence.</summary>
    public void Add(LineRow row) => _rows.Add(row);

    /// <summary>Ends the open sequence. A sequence whose addresses do not ascend is not valid, and is left out.</summary>
    /// <param name="address">The address behind the code.</param>
    public void End(ulong address)
    {
        _rows.Add(new(address, -1, 0));
        for (int index = _first + 1; index < _rows.Count; index++)
        {
            if (_rows[index].Address < _rows[index - 1].Address)
            {
                Drop();
                return;
            }
        }

        _sequences.Add((_first, _rows.Count - _first));
        _first = _rows.Count;
    }

    /// <summary>Leaves out the open sequence.</summary>
    public void Drop() => _rows.RemoveRange(_first, _rows.Count - _first);
}
