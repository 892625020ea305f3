using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Paging;
using Hyperlight.Protocol;

namespace Hyperlight.Memory;

/// <summary>
/// Creates the templates of scratch, with all that is equal for the sandboxes of an image or a snapshot: empty buffers, page tables, and
/// the words at the end (amd64 sheet, sections 2.3 and 6.2; i686 sheet, section 2.3).
/// <code>
///   scratch │ input buffer │ output buffer │ page tables │ free … │ … generation │ page tables │ first free │ size │
/// </code>
/// </summary>
internal static class ScratchTemplate
{
    // The offsets of words from the end of scratch, in bytes.
    private const ulong SizeWord = 0x08;
    private const ulong FirstFreeWord = 0x10;
    private const ulong PageTablesWord = 0x18;
    private const ulong GenerationWord = 0x20;

    /// <summary>Creates the template for guests that begin with their first instruction.</summary>
    /// <param name="map">The memory of the guests.</param>
    /// <param name="blob">The memory blob of the image, which has the page tables.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">
    /// HL3012: there is not enough memory. HL3013: the blob was changed since the image was opened.
    /// </exception>
    public static MemoryTemplate OfImage(MemoryMap map, SharedFile blob, IHostMemory host)
    {
        byte[] tables = new byte[map.PageTables.StoredSize];
        Read(blob, tables, map.PageTables.BlobOffset);
        return Create(map, tables, map.FirstFreePage, generation: 0, host);
    }

    /// <summary>Creates the template for a guest with page tables that continues from a snapshot.</summary>
    /// <param name="map">The memory of the guest.</param>
    /// <param name="tables">The page tables of the snapshot.</param>
    /// <param name="generation">The count of snapshots that the guest has been through.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">HL3012: there is not enough memory.</exception>
    public static MemoryTemplate OfSnapshot(MemoryMap map, ReadOnlyMemory<byte> tables, ulong generation, IHostMemory host) =>
        Create(map, tables, map.PageTables.Gpa + (ulong)tables.Length, generation, host);

    /// <summary>Creates the template for a guest without page tables, whose snapshot has all pages of scratch behind the buffers.</summary>
    public static MemoryTemplate OfBuffers(MemoryMap map) => new(map.Scratch.Size, [.. EmptyBuffers(map)]);

    /// <summary>Reads page tables of an image.</summary>
    /// <exception cref="HyperlightException">HL3013: the blob was changed since the image was opened.</exception>
    public static void Read(SharedFile blob, Span<byte> bytes, ulong offset)
    {
        try
        {
            blob.Read(bytes, offset);
        }
        catch (IOException exception)
        {
            throw new HyperlightException(Rules.ContentChanged.Found(
                $"the page tables of the image cannot be read: {exception.Message} Bake or copy the image again, and leave its files alone "
                + $"while they are in use."), exception);
        }
    }

    private static MemoryTemplate Create(
        MemoryMap map, ReadOnlyMemory<byte> tables, GuestPhysicalAddress firstFreePage, ulong generation, IHostMemory host)
    {
        ImmutableArray<TemplatePiece> pieces =
        [
            .. EmptyBuffers(map),
            new(map.PageTablesScratchOffset, tables),
            .. Words(map, firstFreePage, generation),
        ];

        // A snapshot of a guest without page tables has the pages of scratch that were written, and the words are in one of them.
        return map.Layout.Paging == GuestPaging.None
            ? new(map.Scratch.Size, pieces)
            : host.CreateTemplate(map.Scratch.Size, pieces);
    }

    private static IEnumerable<TemplatePiece> EmptyBuffers(MemoryMap map) =>
    [
        new(0, BufferStack.Empty),
        new(map.Sizes.InputBufferSize, BufferStack.Empty),
    ];

    private static IEnumerable<TemplatePiece> Words(MemoryMap map, GuestPhysicalAddress firstFreePage, ulong generation)
    {
        (ulong FromEnd, ulong Value)[] words = map.Layout.HasPageTableWords
            ?
            [
                (SizeWord, map.Scratch.Size), (FirstFreeWord, firstFreePage.Value), (PageTablesWord, map.PageTables.Gpa.Value),
                (GenerationWord, generation),
            ]
            : [(SizeWord, map.Scratch.Size), (FirstFreeWord, firstFreePage.Value)];
        foreach ((ulong fromEnd, ulong value) in words)
        {
            byte[] bytes = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            yield return new(map.Scratch.Size - fromEnd, bytes);
        }
    }
}
