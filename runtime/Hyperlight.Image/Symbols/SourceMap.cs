using System.Buffers.Binary;
using System.Text;
using Hyperlight.Diagnostics;
using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Symbols;

/// <summary>
/// The source map of a guest: the function, the file and the line of each address, as the guest runs. The bytes of a map are not trusted.
/// Memory is taken in proportion to the size of the file, which has a limit.
/// </summary>
internal sealed class SourceMap
{
    /// <summary>The end of the name of a map's file.</summary>
    public const string Extension = ".map";

    private readonly byte[] _bytes;
    private readonly ulong _base;
    private readonly (int Offset, int Length)[] _texts;
    private readonly uint[] _functionStarts;
    private readonly (uint Size, uint Text)[] _functions;
    private readonly uint[] _lineStarts;
    private readonly (uint File, uint Line)[] _lines;

    private SourceMap(byte[] bytes)
    {
        _bytes = bytes;
        _base = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(SourceMapFormat.BaseOffset));
        SourceMapCursor cursor = new(bytes);
        cursor.Skip(SourceMapFormat.HeaderSize);

        _texts = new (int, int)[Count(SourceMapFormat.TextCountOffset, SourceMapFormat.LeastText, "texts", cursor)];
        for (int index = 0; index < _texts.Length; index++)
        {
            uint length = cursor.ReadNumber();
            Check(length <= SourceMapFormat.MostTextBytes, "text", index);
            _texts[index] = (cursor.Position, (int)length);
            cursor.Skip((int)length);
        }

        _functions = new (uint, uint)[Count(SourceMapFormat.FunctionCountOffset, SourceMapFormat.LeastFunction, "functions", cursor)];
        _functionStarts = new uint[_functions.Length];
        ulong address = 0;
        for (int index = 0; index < _functions.Length; index++)
        {
            address += cursor.ReadNumber();
            (uint size, uint text) = (cursor.ReadNumber(), cursor.ReadNumber());
            Check(address <= uint.MaxValue && size <= uint.MaxValue - address && text < _texts.Length, "function", index);
            _functionStarts[index] = (uint)address;
            _functions[index] = (size, text);
            address += size;
        }

        _lines = new (uint, uint)[Count(SourceMapFormat.LineCountOffset, SourceMapFormat.LeastLine, "lines", cursor)];
        _lineStarts = new uint[_lines.Length];
        address = 0;
        for (int index = 0; index < _lines.Length; index++)
        {
            address += cursor.ReadNumber();
            uint file = cursor.ReadNumber();
            uint line = file == 0 ? 0 : cursor.ReadNumber();
            Check(
                address <= uint.MaxValue && file <= _texts.Length && line <= SourceMapFormat.MostLine && (file == 0 || line > 0),
                "line",
                index);
            _lineStarts[index] = (uint)address;
            _lines[index] = (file, line);
        }

        Check(cursor.Left == 0, $"{cursor.Left} bytes follow the last list");

        int Count(int offset, int least, string what, SourceMapCursor at)
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
            Check(count <= at.Left / least, $"{count} {what} do not fit into the {at.Left} bytes behind byte {at.Position}");
            return (int)count;
        }
    }

    /// <summary>Gets the path of the map of an image.</summary>
    /// <param name="imageDirectory">The folder of the image.</param>
    public static string PathOf(string imageDirectory) => Path.TrimEndingDirectorySeparator(imageDirectory) + Extension;

    /// <summary>Opens the map of an image. The method does not throw.</summary>
    /// <param name="imageDirectory">The folder of the image.</param>
    /// <param name="guestSha256">The SHA-256 of the guest's ELF file, in hexadecimal digits, as the image records it.</param>
    /// <param name="finding">HL3019 if the map cannot be used; <c>null</c> if it can, and if there is none.</param>
    /// <returns>The map; <c>null</c> if there is none that can be used.</returns>
    public static SourceMap? TryOpen(string imageDirectory, string guestSha256, out Finding? finding)
    {
        finding = null;
        string path = PathOf(imageDirectory);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            using SafeFileHandle file = OrdinaryFile.Open(path);
            long length = RandomAccess.GetLength(file);
            Check(length <= SourceMapFormat.MostBytes, $"the file has {length} bytes, allowed are {SourceMapFormat.MostBytes}");
            byte[] bytes = new byte[length];
            int count = RandomAccess.Read(file, bytes, 0);
            return TryRead(bytes.AsSpan(0, count), guestSha256, path, out finding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            finding = Unusable(path, e.Message.TrimEnd('.'));
            return null;
        }
    }

    /// <summary>Reads a map. The method does not throw, whatever the bytes are.</summary>
    /// <param name="bytes">The content of the file.</param>
    /// <param name="guestSha256">The SHA-256 of the guest's ELF file, in hexadecimal digits.</param>
    /// <param name="path">The path of the file, for the text of the finding.</param>
    /// <param name="finding">HL3019 if the map cannot be used; otherwise <c>null</c>.</param>
    /// <returns>The map; <c>null</c> if it cannot be used.</returns>
    public static SourceMap? TryRead(ReadOnlySpan<byte> bytes, string guestSha256, string path, out Finding? finding)
    {
        finding = null;
        try
        {
            Check(
                bytes.Length is >= SourceMapFormat.HeaderSize and <= SourceMapFormat.MostBytes && bytes.StartsWith(SourceMapFormat.Magic),
                "the file does not start as source maps do");
            uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SourceMapFormat.VersionOffset..]);
            Check(version == SourceMapFormat.Version, $"the format has version {version}, not {SourceMapFormat.Version}");
            string guest = Convert.ToHexStringLower(bytes[SourceMapFormat.GuestOffset..SourceMapFormat.HeaderSize]);
            Check(guest == guestSha256, $"the file is for the guest {guest}, and the image is of the guest {guestSha256}");
            return new(bytes.ToArray());
        }
        catch (InvalidDataException e)
        {
            finding = Unusable(path, e.Message);
            return null;
        }
    }

    /// <summary>Finds the function, the file and the line of an address.</summary>
    /// <param name="address">The address of an instruction as the guest runs.</param>
    /// <returns>The place; <c>null</c> if nothing is known about the address.</returns>
    public GuestLocation? Find(GuestVirtualAddress address)
    {
        ulong distance = unchecked(address.Value - _base);
        if (distance > uint.MaxValue)
        {
            return null;
        }

        uint offset = (uint)distance;
        int function = LastUpTo(_functionStarts, offset);
        string? name = function >= 0 && offset - _functionStarts[function] < _functions[function].Size
            ? Text(_functions[function].Text)
            : null;
        int line = LastUpTo(_lineStarts, offset);
        (uint file, uint number) = line >= 0 ? _lines[line] : default;
        return name is null && file == 0 ? null : new(name, file == 0 ? null : Text(file - 1), (int)number);
    }

    private string Text(uint index)
    {
        (int offset, int length) = _texts[index];
        return OneLine.Of(Encoding.UTF8.GetString(_bytes, offset, length));
    }

    /// <summary>Finds the last of equal or smaller numbers in an ascending list; -1 if all numbers are greater.</summary>
    private static int LastUpTo(uint[] starts, uint offset)
    {
        int below = 0, above = starts.Length;
        while (below < above)
        {
            int middle = (below + above) >>> 1;
            (below, above) = starts[middle] <= offset ? (middle + 1, above) : (below, middle);
        }

        return below - 1;
    }

    private static void Check(bool isValid, string what)
    {
        if (!isValid)
        {
            throw new InvalidDataException(what);
        }
    }

    private static void Check(bool isValid, string what, int index)
    {
        if (!isValid)
        {
            throw new InvalidDataException($"{what} {index} has a value that is not allowed");
        }
    }

    private static Finding Unusable(string path, string reason) => Rules.SourceMapUnusable.Found(
        $"the source map '{path}' cannot be used: {reason}. Crashes of the guest are reported without lines: build the project again, "
        + $"or copy the image and its map together.");
}
