using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Hyperlight.Files;
using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// The memory of one guest, as the host sees it: layers from the base of the layout upwards, of which the first is a view of the image's
/// memory blob, the scratch region, and mapped files and regions.
/// <code>
///   base │ image │ pages of a snapshot │ … │      …      │ scratch
///
///   scratch │ input buffer │ output buffer │ page tables │ free … │ … generation │ page tables │ first free │ size │
/// </code>
/// </summary>
internal sealed class GuestMemory : IDisposable
{
    // The offset of the word that asks for new random numbers from the end of scratch, in bytes (amd64 sheet, section 2.3). With this bit
    // the lower half of the word is a seed (amd64 sheet, section 11.3).
    private const ulong ReseedWord = 0x28;
    private const ulong ReseedRequest = 1UL << 32;

    private readonly MemoryMap _map;

    /// <summary>Maps an image. Scratch is that of a guest that begins with its first instruction.</summary>
    /// <exception cref="HyperlightException">
    /// HL3012: there is not enough memory. HL3013: the blob was changed since the image was opened.
    /// </exception>
    public GuestMemory(MemoryMap map, SharedFile blob, IHostMemory host)
    {
        ObjectDisposedException.ThrowIf(!blob.TryShare(), typeof(GuestImage));
        _map = map;
        Host = host;
        MemoryTemplate? scratch = null;
        try
        {
            SharedImage image = SharedImage.Of(map, blob, host);
            scratch = image.Scratch.Share();
            Layers = [new(map.Layout.SnapshotBase, image.ShareView(blob, host))];
        }
        catch
        {
            scratch?.Dispose();
            blob.Dispose();
            throw;
        }

        using (scratch)
        {
            Scratch = AllocateScratch(scratch);
        }
    }

    /// <summary>Takes over the caller's use of layers.</summary>
    /// <param name="map">The guest's memory as the guest starts.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="scratch">The template of scratch.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public GuestMemory(MemoryMap map, ImmutableArray<MemoryLayer> layers, MemoryTemplate scratch, IHostMemory host)
    {
        _map = map;
        Host = host;
        Layers = layers;
        Scratch = AllocateScratch(scratch);
    }

    /// <summary>Gets the memory of the host.</summary>
    public IHostMemory Host { get; }

    /// <summary>Gets the layers, in ascending order of addresses. The first layer is the image.</summary>
    public ImmutableArray<MemoryLayer> Layers { get; private set; }

    /// <summary>Gets the files and regions that are mapped, in the order in which they were mapped.</summary>
    public List<MappedRegion> Regions { get; } = [];

    /// <summary>Gets the scratch region.</summary>
    public MappedMemory Scratch { get; }

    /// <summary>Gets the buffer for messages to the guest, to which the guest can write too.</summary>
    public Span<byte> Input => Scratch.Slice(0, (int)_map.Sizes.InputBufferSize);

    /// <summary>Gets the buffer for messages from the guest.</summary>
    public Span<byte> Output => Scratch.Slice(_map.Sizes.InputBufferSize, (int)_map.Sizes.OutputBufferSize);

    /// <summary>Gets all memory by physical address. The ranges of the layers come first, in their order.</summary>
    public PhysicalMemory ToPhysical() => new(
    [
        .. Layers.Select(layer => (layer.Gpa, layer.Shared.Memory)),
        (_map.Scratch.Gpa, Scratch),
        .. Regions.Select(region => (region.Gpa, region.Shared.Memory)),
    ])
    {
        PageCount = (Layers.Aggregate(0UL, (sum, layer) => sum + layer.Shared.Memory.Size) + Scratch.Size) / GuestLayout.PageSize,
    };

    /// <summary>
    /// Replaces the layers. The caller's use of the new layers is taken over, and the use of the old layers goes to the caller.
    /// </summary>
    /// <returns>The old layers.</returns>
    public ImmutableArray<MemoryLayer> Replace(ImmutableArray<MemoryLayer> layers)
    {
        ImmutableArray<MemoryLayer> before = Layers;
        Layers = layers;
        return before;
    }

    /// <summary>Discards what the guest has written to layers, and gives scratch the content of a template.</summary>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    public void Reset(MemoryTemplate scratch)
    {
        Scratch.Reset(scratch);
        if (_map.Layout.SnapshotIsPrivate)
        {
            foreach (MemoryLayer layer in Layers)
            {
                layer.Shared.Memory.Discard();
            }
        }
    }

    /// <summary>
    /// Writes the list of mapped files into the guest's PEB, in the order in which they were mapped, if the layout has such a list (i686
    /// sheet, section 2.2). To be called only between runs.
    /// </summary>
    public void ListFiles()
    {
        if (!_map.Layout.ListsFileMappings)
        {
            return;
        }

        IEnumerable<FileMapping> files = Regions
            .Where(region => region.Label is not null)
            .Select(region => new FileMapping(region.Gpa, region.Shared.Memory.Size, region.Label!));
        byte[] list = ProcessEnvironmentBlock.WriteFileMappings(_map, [.. files]);
        Span<byte> place = Layers[0].Shared.Memory.Slice(_map.Peb.BlobOffset + ProcessEnvironmentBlock.FileMappingsOffset, list.Length);

        // Written only if the list has changed, because a page that is written is no longer shared with the image.
        if (!place.SequenceEqual(list))
        {
            list.CopyTo(place);
        }
    }

    /// <summary>Asks the guest for new random numbers, if the layout has a word for that (amd64 sheet, section 11.3).</summary>
    public void RequestReseed()
    {
        if (_map.Layout.HasReseedWord)
        {
            Span<byte> seed = stackalloc byte[sizeof(uint)];
            RandomNumberGenerator.Fill(seed);
            BinaryPrimitives.WriteUInt64LittleEndian(
                Scratch.Slice(Scratch.Size - ReseedWord, sizeof(ulong)), ReseedRequest | BitConverter.ToUInt32(seed));
        }
    }

    /// <summary>Gets bytes that no other sandbox has: bytes of scratch, or of a private view of the image.</summary>
    /// <param name="gpa">The address of the first byte.</param>
    /// <param name="length">The number of bytes, all in one page.</param>
    /// <returns>The bytes; no bytes if they are not there or are shared.</returns>
    public Span<byte> Own(GuestPhysicalAddress gpa, int length)
    {
        if (_map.Scratch.Addresses.Contains(gpa))
        {
            return Scratch.Slice(gpa - _map.Scratch.Gpa, length);
        }

        MemoryLayer? layer = _map.Layout.SnapshotIsPrivate ? Layers.FirstOrDefault(layer => layer.Addresses.Contains(gpa)) : null;
        return layer is null ? [] : layer.Shared.Memory.Slice(gpa - layer.Gpa, length);
    }

    /// <summary>Gets the name of the piece of memory at an address, or <c>null</c> if no memory is there.</summary>
    public string? RegionAt(GuestPhysicalAddress address)
    {
        if (Regions.Find(region => region.Addresses.Contains(address)) is { } mapped)
        {
            return mapped.Name;
        }

        if (Layers.Skip(1).Any(layer => layer.Addresses.Contains(address)))
        {
            return "snapshot";
        }

        MemoryRegion? region = _map.Regions.FirstOrDefault(
            region => region.StoredAddresses.Contains(address) && region.Name != _map.Scratch.Name);
        return region?.Name ?? (_map.Scratch.Addresses.Contains(address) ? _map.Scratch.Name : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeAll(Layers);
        Regions.ForEach(region => region.Shared.Dispose());
        Scratch.Dispose();
    }

    private static void CheckBuffers(MemoryMap map)
    {
        if (Math.Max(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize) > int.MaxValue)
        {
            throw new HyperlightException("A buffer between host and guest is larger than 2 GiB: bake the guest with smaller buffers.");
        }
    }

    private static void DisposeAll(ImmutableArray<MemoryLayer> layers)
    {
        foreach (MemoryLayer layer in layers)
        {
            layer.Shared.Dispose();
        }
    }

    private MappedMemory AllocateScratch(MemoryTemplate template)
    {
        try
        {
            CheckBuffers(_map);
            return Host.Allocate(template);
        }
        catch
        {
            DisposeAll(Layers);
            throw;
        }
    }
}
