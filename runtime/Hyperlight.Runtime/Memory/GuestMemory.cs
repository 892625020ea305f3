using System.Buffers.Binary;
using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>
/// The two regions one guest starts with, as the host sees them: the snapshot region, a private view of the image's blob, and the scratch region.
/// <code>
///   scratch │ input buffer │ output buffer │ page tables │ free … │ … generation │ page tables │ first free │ size │
/// </code>
/// </summary>
internal sealed class GuestMemory : IDisposable
{
    // Words at the end of scratch, in bytes from its end (amd64 sheet, section 2.3; i686 sheet, section 2.3).
    private const ulong SizeWord = 0x08;
    private const ulong FirstFreeWord = 0x10;
    private const ulong PageTablesWord = 0x18;
    private const ulong GenerationWord = 0x20;

    private readonly MemoryMap _map;

    /// <summary>Maps both regions. Scratch is still empty: call <see cref="PrepareScratch"/>.</summary>
    public GuestMemory(MemoryMap map, SafeFileHandle blob)
    {
        if (Math.Max(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize) > int.MaxValue)
        {
            throw new HyperlightException("A buffer between host and guest is larger than 2 GiB: bake the guest with smaller buffers.");
        }

        _map = map;
        Snapshot = MappedMemory.MapPrivate(blob, map.SnapshotSize, map.Layout.SnapshotIsPrivate);
        try
        {
            Scratch = MappedMemory.Allocate(map.Scratch.Size);
        }
        catch
        {
            Snapshot.Dispose();
            throw;
        }
    }

    /// <summary>What the guest sees at the base of its layout.</summary>
    public MappedMemory Snapshot { get; }

    /// <summary>What the guest sees at the top of its address space.</summary>
    public MappedMemory Scratch { get; }

    /// <summary>The buffer the host writes to. The guest can write to it too.</summary>
    public Span<byte> Input => Scratch.Slice(0, (int)_map.Sizes.InputBufferSize);

    /// <summary>The buffer the guest writes to.</summary>
    public Span<byte> Output => Scratch.Slice(_map.Sizes.InputBufferSize, (int)_map.Sizes.OutputBufferSize);

    /// <summary>Fills scratch, which must be zero, as a guest expects it at its first instruction (amd64 sheet, section 6.2), except the buffers.</summary>
    /// <param name="blob">The image's blob, for the page tables.</param>
    public void PrepareScratch(SafeFileHandle blob)
    {
        WriteWord(SizeWord, _map.Scratch.Size);
        WriteWord(FirstFreeWord, _map.FirstFreePage.Value);
        if (_map.Layout.HasPageTableWords)
        {
            WriteWord(PageTablesWord, _map.PageTables.Gpa.Value);
            WriteWord(GenerationWord, 0);
        }

        ulong copied = 0;
        while (copied < _map.PageTables.StoredSize)
        {
            int length = (int)Math.Min(_map.PageTables.StoredSize - copied, 1 << 20);
            Span<byte> target = Scratch.Slice(_map.PageTablesScratchOffset + copied, length);
            int read = RandomAccess.Read(blob, target, checked((long)(_map.PageTables.BlobOffset + copied)));
            if (read == 0)
            {
                throw new HyperlightException($"The image's memory blob ends before its page tables do: expected 0x{_map.BlobSize:X} bytes. Bake the image again.");
            }

            copied += (ulong)read;
        }
    }

    /// <summary>The name of the region at an address, null when there is none.</summary>
    public string? RegionAt(GuestPhysicalAddress address)
    {
        static bool Covers(MemoryRegion region, ulong size, ulong address) => address >= region.Gpa.Value && address - region.Gpa.Value < size;

        MemoryRegion? region = _map.Regions.FirstOrDefault(region =>
            Covers(region, region.StoredSize, address.Value) && region.Name != _map.Scratch.Name);
        return region?.Name ?? (Covers(_map.Scratch, _map.Scratch.Size, address.Value) ? _map.Scratch.Name : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Snapshot.Dispose();
        Scratch.Dispose();
    }

    private void WriteWord(ulong offsetFromEnd, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Scratch.Slice(Scratch.Size - offsetFromEnd, sizeof(ulong)), value);
}
