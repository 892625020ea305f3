using Hyperlight.Files;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The page tables of a snapshot. Those of a saved snapshot stay in its file until they are needed, so that a snapshot is loaded in a time
/// that does not depend on the size of its memory. Any thread may use any member.
/// </summary>
internal sealed class SnapshotTables
{
    private readonly byte[] _bytes = [];
    private readonly SharedFile? _file;
    private readonly ulong _offset;

    /// <summary>Creates page tables that are in memory.</summary>
    public SnapshotTables(byte[] bytes)
    {
        _bytes = bytes;
        Size = (ulong)bytes.Length;
    }

    /// <summary>Creates page tables that are in a file, which is open and at least so long while the tables are used.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The offset of the page tables in bytes.</param>
    /// <param name="size">The size of the page tables in bytes.</param>
    public SnapshotTables(SharedFile file, ulong offset, ulong size)
    {
        _file = file;
        _offset = offset;
        Size = size;
    }

    /// <summary>Gets the size of the page tables in bytes.</summary>
    public ulong Size { get; }

    /// <summary>Gets the page tables.</summary>
    /// <exception cref="HyperlightException">HL3013: the file became shorter or cannot be read.</exception>
    public byte[] Read()
    {
        if (_file is null)
        {
            return _bytes;
        }

        byte[] bytes = new byte[Size];
        try
        {
            _file.Read(bytes, _offset);
            return bytes;
        }
        catch (IOException exception)
        {
            throw new HyperlightException(
                Rules.ContentChanged.Found(
                    $"the page tables of a snapshot cannot be read: {exception.Message} Take or copy the snapshot again, and leave its "
                    + $"files alone while they are in use."),
                exception);
        }
    }
}
