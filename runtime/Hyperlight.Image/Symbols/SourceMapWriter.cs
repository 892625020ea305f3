using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Symbols;

/// <summary>Writes source maps. Equal lists give equal bytes.</summary>
internal sealed class SourceMapWriter
{
    private readonly List<byte[]> _texts = [];
    private readonly Dictionary<string, uint> _places = new(StringComparer.Ordinal);
    private readonly List<byte> _functions = [];
    private readonly List<byte> _lines = [];
    private uint _functionCount, _lineCount;

    private SourceMapWriter()
    {
    }

    /// <summary>Writes a map.</summary>
    /// <param name="guestSha256">The SHA-256 of the guest's ELF file, in hexadecimal digits.</param>
    /// <param name="functions">The functions in ascending order. Of functions that overlap the first one counts.</param>
    /// <param name="lines">The lines in ascending order. Of lines with one address the last one counts.</param>
    /// <returns>
    /// The bytes of the map; empty if nothing is known about the guest. What does not fit is left out: code 4 GiB behind the first byte of
    /// the guest, and the lines if the map would be larger than <see cref="SourceMapFormat.MostBytes"/>.
    /// </returns>
    public static byte[] Write(string guestSha256, IReadOnlyList<MapFunction> functions, IReadOnlyList<MapLine> lines)
    {
        if (functions.Count == 0 && lines.Count == 0)
        {
            return [];
        }

        SourceMapWriter writer = new();
        ulong start = Math.Min(
            functions.Count == 0 ? ulong.MaxValue : functions[0].Address, lines.Count == 0 ? ulong.MaxValue : lines[0].Address);
        writer.AddFunctions(functions, start);
        writer.AddLines(lines, start);
        byte[] map = writer.Finish(guestSha256, start);
        return map.Length <= SourceMapFormat.MostBytes ? map : lines.Count > 0 ? Write(guestSha256, functions, []) : [];
    }

    private void AddFunctions(IReadOnlyList<MapFunction> functions, ulong start)
    {
        ulong end = 0;
        foreach (MapFunction function in functions)
        {
            ulong offset = unchecked(function.Address - start);
            if (function.Address < start || offset < end || function.Size == 0 || function.Size > uint.MaxValue
                || offset > uint.MaxValue - function.Size)
            {
                continue;
            }

            Put(_functions, (uint)(offset - end));
            Put(_functions, (uint)function.Size);
            Put(_functions, Place(function.Name));
            end = offset + function.Size;
            _functionCount++;
        }
    }

    private void AddLines(IReadOnlyList<MapLine> lines, ulong start)
    {
        uint last = 0;
        (uint File, int Line) before = default;
        for (int index = 0; index < lines.Count; index++)
        {
            MapLine line = lines[index];
            ulong offset = unchecked(line.Address - start);
            bool isReplaced = index + 1 < lines.Count && lines[index + 1].Address == line.Address;
            (uint File, int Line) now = line is { File: { } path, Line: > 0 and <= SourceMapFormat.MostLine }
                ? (Place(path) + 1, line.Line)
                : default;
            if (isReplaced || now == before || line.Address < start || offset < last || offset > uint.MaxValue)
            {
                continue;
            }

            // No line follows the file 0, which says that no line is known.
            Put(_lines, (uint)offset - last);
            Put(_lines, now.File);
            if (now.File != 0)
            {
                Put(_lines, (uint)now.Line);
            }

            (last, before) = ((uint)offset, now);
            _lineCount++;
        }
    }

    private uint Place(string text)
    {
        if (!_places.TryGetValue(text, out uint place))
        {
            place = (uint)_texts.Count;
            _places.Add(text, place);
            _texts.Add(Cut(text));
        }

        return place;
    }

    // The cut is between two characters, so that no part of one is left.
    private static byte[] Cut(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(bytes.Length, SourceMapFormat.MostTextBytes);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return bytes[..length];
    }

    private byte[] Finish(string guestSha256, ulong start)
    {
        List<byte> lists = [];
        foreach (byte[] text in _texts)
        {
            Put(lists, (uint)text.Length);
            lists.AddRange(text);
        }

        byte[] bytes = [.. new byte[SourceMapFormat.HeaderSize], .. lists, .. _functions, .. _lines];
        SourceMapFormat.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SourceMapFormat.VersionOffset), SourceMapFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SourceMapFormat.TextCountOffset), (uint)_texts.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SourceMapFormat.FunctionCountOffset), _functionCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(SourceMapFormat.LineCountOffset), _lineCount);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(SourceMapFormat.BaseOffset), start);
        Convert.FromHexString(guestSha256).CopyTo(bytes, SourceMapFormat.GuestOffset);
        return bytes;
    }

    private static void Put(List<byte> list, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            list.Add((byte)(value | 0x80));
        }

        list.Add((byte)value);
    }
}
