using System.Buffers.Binary;

namespace Hyperlight.CoreDumps;

/// <summary>
/// Writes an ELF core file for x86-64, which gdb and readelf can read.
/// <code>
///   ELF header │ program headers: PT_NOTE, PT_LOAD … │ notes │ … page boundary │ pages, each once │ hole
/// </code>
/// The segments of zero pages all refer to the hole at the end.
/// </summary>
internal static class CoreFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const uint Load = 1;
    private const uint Note = 4;
    private const uint NoteAlignment = 4;
    private const int PageSize = (int)GuestLayout.PageSize;

    // The number of pages that are written between two looks at the clock.
    private const int PagesPerLook = 64;

    // Magic number, 64-bit, little-endian, version 1, System V; then type core, machine x86-64, version 1.
    private static ReadOnlySpan<byte> Identification =>
        [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 62, 0, 1, 0, 0, 0];

    /// <summary>Writes a core file.</summary>
    /// <param name="file">An empty file.</param>
    /// <param name="notes">The notes, see <see cref="CoreNotes"/>.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="deadline">
    /// The time to stop, in milliseconds of <see cref="Environment.TickCount64"/>. Pages that are not written by then are zero in the file.
    /// </param>
    /// <returns>Whether all pages were written.</returns>
    public static bool Write(FileStream file, byte[] notes, CoreMemory memory, long deadline)
    {
        int headers = HeaderSize + (ProgramHeaderSize * (1 + memory.Segments.Count));
        long pages = (headers + notes.Length + PageSize - 1L) / PageSize * PageSize;
        long hole = pages + ((long)memory.Pages.Count * PageSize);
        long longestHole = memory.Segments
            .Where(segment => segment.FirstPage == CoreMemory.Zero)
            .Select(segment => (long)segment.PageCount)
            .DefaultIfEmpty()
            .Max();
        byte[] start = new byte[pages];
        WriteHeader(start, 1 + memory.Segments.Count);
        WriteProgramHeader(start.AsSpan(HeaderSize), Note, flags: 0, headers, gva: 0, (ulong)notes.Length, NoteAlignment);
        for (int i = 0; i < memory.Segments.Count; i++)
        {
            CoreSegment segment = memory.Segments[i];
            WriteProgramHeader(
                start.AsSpan(HeaderSize + (ProgramHeaderSize * (1 + i))),
                Load,
                Flags(segment.Permissions),
                segment.FirstPage == CoreMemory.Zero ? hole : pages + ((long)segment.FirstPage * PageSize),
                segment.Gva.Value,
                (ulong)segment.PageCount * PageSize,
                PageSize);
        }

        notes.CopyTo(start, headers);
        file.Write(start);
        file.SetLength(hole + (longestHole * PageSize));
        return WritePages(file, pages, memory, deadline);
    }

    private static bool WritePages(FileStream file, long offset, CoreMemory memory, long deadline)
    {
        for (int i = 0; i < memory.Pages.Count; i++)
        {
            if (i % PagesPerLook == 0 && Environment.TickCount64 >= deadline)
            {
                return false;
            }

            file.Position = offset + ((long)i * PageSize);
            file.Write(memory.Page(i));
        }

        return true;
    }

    // Elf64_Ehdr.
    private static void WriteHeader(Span<byte> header, int programHeaders)
    {
        Identification.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], (ushort)programHeaders);
    }

    // Elf64_Phdr. Physical addresses stay 0, as in a kernel's core files.
    private static void WriteProgramHeader(Span<byte> header, uint type, uint flags, long offset, ulong gva, ulong size, uint alignment)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], gva);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], type == Load ? size : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], alignment);
    }

    private static uint Flags(MemoryPermissions permissions) =>
        (permissions.HasFlag(MemoryPermissions.Execute) ? 1u : 0)
        | (permissions.HasFlag(MemoryPermissions.Write) ? 2u : 0)
        | (permissions.HasFlag(MemoryPermissions.Read) ? 4u : 0);
}
